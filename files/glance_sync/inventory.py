"""The inventory: all images of a cloud with their members, from its API and, where there is one, its database."""

from .errors import Failure


def take(cloud, database, log, known=()):
    """Return ({image ID: image dict}, {image ID: [member dict, ...]}), members of shared images only.

    cloud: glance.Cloud; database: Database or None; log: a logger; known: IDs that were there before: one that is not listed is
    asked for, because an image that is hidden or shown between the two listings would be in neither. With a database the
    listing is checked for completeness: IDs that the API does not list (community images on an old Glance) are asked for one
    by one, and members cost one query; without one they cost a call for each shared image. A member's change moves no
    updated_at, so nothing cheaper is right.
    """
    images, complete = cloud.images.list()
    unlisted = set(known) if database is None else set(known) | database.image_ids()
    for image_id in sorted(unlisted - set(images)):
        image = cloud.images.get(image_id)
        if image is not None:       # else it was deleted
            images[image_id] = image
    if database is None and not complete:
        log.warning('this Glance does not list community images of other projects; relate its database to take them along')
    may_have = [image_id for image_id in sorted(images) if _may_have_members(images[image_id], cloud.images.capabilities())]
    if database is not None:
        found = database.members()
        return images, {image_id: found.get(image_id, []) for image_id in may_have}
    return images, {image_id: _members(cloud, image_id) for image_id in may_have}


def _members(cloud, image_id):
    try:
        return cloud.images.members(image_id)
    except Failure as error:
        if cloud.images.get(image_id) is None:
            return []       # deleted meanwhile
        raise error


def _may_have_members(image, capabilities):
    """Before Ocata every private image could have members; since then only shared ones."""
    return image['visibility'] == ('shared' if 'shared' in capabilities.visibilities else 'private')
