"""The answers: what a failed call means, in words that help."""

import html
import re

from ..errors import Conflict, Failure, Forbidden, NotThere, Unreachable
from ..text import shown

REASONS = ('Connection refused', 'timed out', 'Name or service not known', 'name resolution', 'No route to host',
           'Network is unreachable', 'Connection reset', 'Broken pipe', 'EOF occurred', 'closed connection')
PAUSE = 1.0                 # seconds before the second try; doubled before the third
LONGEST_PAUSE = 30          # seconds that a Retry-After may make us wait


def pause(response, attempt):
    """Return the seconds to wait before the next try; response: the answer that asks for it, or None."""
    wanted = '' if response is None else response.headers.get('Retry-After', '')
    return min(int(wanted), LONGEST_PAUSE) if wanted.isdigit() else PAUSE * attempt


def reason(error):
    """Return in a few words why a connection failed; old keystoneauths tell it only in what they caught."""
    texts, cause = [], error
    while cause is not None:
        texts.append(str(cause))
        cause = cause.__cause__ or cause.__context__
    for known in REASONS:
        if known.lower() in ' '.join(texts).lower():
            return known.lower()
    return shown(texts[0], 300)


def failure(response, method, path):
    """Return the error that an answer of 400 and more stands for, in Glance's own words."""
    status = response.status_code
    words = re.sub(r'(?is)<head>.*?</head>|<h1>.*?</h1>|<[^>]*>', ' ', response.content[:4000].decode('utf-8', 'replace'))
    words = html.unescape(re.sub(r'\s+', ' ', words).strip())
    what = '{} {} answers {}: {}'.format(method, path.split('?')[0], status, shown(words, 300))
    if status == 401:
        return Unreachable(what, 'the token was refused; the next run gets a new one')
    if status == 404:
        return NotThere(what, 'see whether somebody deleted it meanwhile; the next run follows')
    if status == 403:
        return Forbidden(what, 'glance-sync needs the role admin in a project; if it has that, see the policy of this Glance')
    if status in (409, 410):        # 410: what Glance says to the later of two uploads that start at once; the image stays
        return Conflict(what, 'see the status of the image; the next run tries again')
    if status == 413 and 'propert' in words:
        return Failure(what, 'raise image_property_quota of this Glance: glance-sync adds up to two properties of its own')
    if status == 413:
        return Failure(what, 'free space or raise the quota of the uploading project')
    if status == 415:
        return Failure(what, 'this Glance checks formats more strictly (require_image_format_match): '
                             'correct disk_format on the master; if it then answers 500, remove what this try left in its store')
    if status in (429, 502, 503, 504):
        return Unreachable(what, 'the next run tries again')
    return Failure(what, 'see the log of glance-api')
