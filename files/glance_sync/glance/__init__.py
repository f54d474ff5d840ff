"""The edge to OpenStack: the only place that knows keystoneauth, keystoneclient and the Image API's URLs."""

from .cloud import Cloud, connect

__all__ = ['Cloud', 'connect']
