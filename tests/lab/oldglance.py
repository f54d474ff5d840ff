"""OldGlance: rules for a proxy that make a new Glance answer as an older release did.

What it covers is what a client can tell an old Glance by: visibility values, os_hidden, the os_hash_* fields,
the schemas, the API versions, and x-openstack-image-size. The database behind it stays a new one."""

RELEASES = ('mitaka', 'newton', 'ocata', 'pike', 'queens', 'rocky', 'stein', 'train')
VERSIONS = {'mitaka': 3, 'newton': 4, 'ocata': 5, 'pike': 5, 'queens': 6, 'rocky': 7, 'stein': 7, 'train': 9}
HIDDEN, ALIAS = 'os_hidden', 'lab_os_hidden'        # before Rocky os_hidden is a custom property like any other
HASHES = ('os_hash_algo', 'os_hash_value')
MISMATCH = "Provided object does not match schema 'image'"
PATCH = '-json-patch'


class OldGlance:
    """Rules and edit of a Proxy in one object: lab.proxy(url, OldGlance('queens')), cloud(proxied=OldGlance('mitaka')).

    eventlet: an upload with Content-Length that the client cuts ends as if it were complete, as it does under
    the server that Glance had before uWSGI."""

    def __init__(self, release='queens', eventlet=True):
        self.release, self.eventlet = release, eventlet
        self.age = RELEASES.index(release)

    def before(self, release):
        """True when this Glance is older than that release."""
        return self.age < RELEASES.index(release)

    @property
    def visibilities(self):
        """The values that the filter visibility= takes."""
        values = ['public', 'private', 'shared']
        if not self.before('ocata'):
            values.append('community')
        if not self.before('stein'):
            values.append('all')
        return values

    def __call__(self, request):
        """The rules: see Proxy."""
        del request.headers['x-openstack-image-size']
        request.cut_is_end = self.eventlet and request.method == 'PUT' and request.path.endswith('/file')
        if request.path == '/v2/images' and request.method == 'GET':
            return self.list(request)
        if request.path.startswith('/v2/images') and request.method in ('POST', 'PATCH'):
            return self.write(request)
        return None

    def list(self, request):
        """Refuse visibilities that are not known yet; os_hidden is a filter on a property that nobody has."""
        value = request.option('visibility')
        if value is not None and value not in self.visibilities:
            return refusal('Invalid visibility value: %s' % value)
        if self.before('rocky'):
            request.query = [(ALIAS if key == HIDDEN else key, value) for key, value in request.query]
        return None

    def write(self, request):
        """Create and update: the same for what is written."""
        if not (request.path == '/v2/images' or PATCH in request.headers.get('Content-Type', '')):
            return None
        document = request.document
        try:
            if request.method == 'POST':
                request.document = self.old_values(document)
            else:
                request.document = [self.old_change(change) for change in document]
        except ValueError as error:
            return refusal(str(error))
        return None

    def old_values(self, values):
        """The image that a new Glance must be given in place of an old one's; ValueError where that refuses."""
        changed = {}
        for key, value in values.items():
            if key == HIDDEN and self.before('rocky'):
                if not isinstance(value, str):
                    raise ValueError("%s: %r is not of type 'string'" % (MISMATCH, value))
                key = ALIAS
            if key == 'visibility' and self.before('ocata'):
                if value not in ('public', 'private'):
                    raise ValueError("%s: %r is not one of ['public', 'private']" % (MISMATCH, value))
                value = {'private': 'shared'}.get(value, value)
            changed[key] = value
        if self.before('ocata'):
            changed.setdefault('visibility', 'shared')      # private ones could have members then
        return changed

    def old_change(self, change):
        """One JSON patch operation, as old_values()."""
        name = change.get('path', '').lstrip('/')
        if name not in (HIDDEN, 'visibility'):
            return change
        value = change.get('value', '')
        changed = self.old_values({name: value} if name == HIDDEN else {name: value or 'private'})
        key = ALIAS if ALIAS in changed else name
        return dict(change, path='/' + key, **({'value': changed[key]} if 'value' in change else {}))

    def edit(self, request, status, document):
        """The response: see Proxy."""
        if not isinstance(document, dict):
            return document
        if 'versions' in document:
            document['versions'] = [one for one in document['versions']
                                    if int(one['id'].rpartition('.')[2]) <= VERSIONS[self.release]]
            document['versions'][0]['status'] = 'CURRENT'
        elif request.path.startswith('/v2/schemas/image'):
            self.edit_schema(document)
        elif 'images' in document:
            document['images'] = [self.edit_image(image) for image in document['images']]
            for link in ('next', 'first'):
                if link in document:
                    document[link] = document[link].replace(ALIAS, HIDDEN)
        elif request.path.startswith('/v2/images') and 'disk_format' in document:
            document = self.edit_image(document)
        return document

    def edit_image(self, image):
        """An image without the fields that did not exist."""
        if self.before('rocky'):
            image = {key: value for key, value in image.items() if key not in (HIDDEN, *HASHES)}
            if ALIAS in image:
                image[HIDDEN] = image.pop(ALIAS)
        if self.before('ocata') and image.get('visibility') == 'shared':
            image['visibility'] = 'private'
        if self.before('train'):
            image.pop('stores', None)
        return image

    def edit_schema(self, schema):
        """The schemas image and images, without the fields that did not exist."""
        if 'images' in schema.get('properties', {}):
            schema = schema['properties']['images']['items']
        fields = schema.get('properties', {})
        for name in (*HASHES, HIDDEN) if self.before('rocky') else ():
            fields.pop(name, None)
        if self.before('train'):
            fields.pop('stores', None)
        if self.before('ocata') and 'visibility' in fields:
            fields['visibility']['enum'] = ['public', 'private']


def refusal(text):
    """A 400 as Glance words it."""
    body = '<html>\n <head>\n  <title>400 Bad Request</title>\n </head>\n <body>\n  <h1>400 Bad Request</h1>\n  %s' \
           '<br /><br />\n\n </body>\n</html>' % text
    return 400, {'Content-Type': 'text/html; charset=UTF-8'}, body.encode()
