"""The access: which images an identity sees, lists and may change."""

from .answers import need


def sees(view, image):
    """Return whether a GET by ID finds the image."""
    return (view.is_admin or image['owner'] == view.project_id or image['visibility'] in ('public', 'community')
            or image['visibility'] == 'shared' and view.project_id in view.glance.people[image['id']])


def lists(view, image):
    """Return whether the list holds the image: shared ones only once they are accepted, community as the release can."""
    if image['visibility'] == 'community' and image['owner'] != view.project_id:
        return view.release.community
    if view.is_admin or image['owner'] == view.project_id or image['visibility'] != 'shared':
        return sees(view, image)
    return view.glance.people[image['id']].get(view.project_id) == 'accepted'


def owns(view, image):
    """Return whether the identity may change the image."""
    return view.is_admin or view.role == 'member' and image['owner'] == view.project_id


def find(view, image_id):
    """Return the stored image. 404 when there is none, or none that the identity sees."""
    image = view.glance.find(image_id)
    need(image is not None and sees(view, image), 404, 'No image found with ID {}'.format(image_id))
    return image


def find_own(view, image_id):
    """Return the stored image that the identity may change. 404 and 403."""
    image = find(view, image_id)
    need(owns(view, image), 403, 'You are not authorized')
    return image


def check_given(view, values):
    """Refuse what only an administrator may say of an image."""
    need(view.role != 'reader', 403, 'You are not authorized')
    need(view.is_admin or values['visibility'] != 'public', 403, 'publicize_image')
    need(view.is_admin or values['owner'] == view.project_id, 403, 'owned by another project')
