"""The fake Database: what glance_sync.database.Database reads, of a FakeGlance."""


class FakeDatabase:
    """Questions to the database behind a FakeCloud."""

    def __init__(self, cloud):
        self._glance = cloud.glance

    def image_ids(self):
        """See Database."""
        return set(self._glance.images)

    def members(self):
        """See Database."""
        return {image_id: [{'member_id': member, 'status': status} for member, status in sorted(people.items())]
                for image_id, people in self._glance.people.items() if people}

    def deleted_ids(self, image_ids):
        """See Database."""
        return {image_id for image_id in image_ids if image_id.lower() in self._glance.burned}
