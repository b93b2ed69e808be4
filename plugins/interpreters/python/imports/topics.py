"""Binds the import topics: subscribe, unsubscribe, publish."""

from imports.arguments import bytes_of, text_of
from imports.problem import ask
from wit_world.imports import topics


def subscribe(topic, label=""):
    """From now on `message(topic, data, member)` is called for each message to the topic. Returns who else is
    there: each has an `id` and a `label`."""
    return ask("subscribe", topics.subscribe, text_of("subscribe", topic), text_of("subscribe", label))


def unsubscribe(topic):
    """From the end of this call on nothing more of the topic comes."""
    ask("unsubscribe", topics.unsubscribe, text_of("unsubscribe", topic))


def publish(topic, data):
    """Says something to all others, when this call has returned."""
    ask("publish", topics.publish, text_of("publish", topic), bytes_of("publish", data))
