# test: a process that is one member of a group, by confluent-kafka. It ends when its input ends.
import json
import logging
import re
import sys
import threading

from confluent_kafka import Consumer

own = json.loads(sys.argv[1])
topic = own["topic"]
leaving = threading.Event()


def say(event):
    sys.stdout.write(json.dumps(event, separators=(",", ":")) + "\n")
    sys.stdout.flush()


class Debug(logging.Handler):
    """What it sends, and the generation, it says in its debug output only."""

    generation = None

    def emit(self, record):
        text = record.getMessage()
        sent = re.search(r"Sent (\w+)Request \(v(\d+),", text)
        joined = re.search(r"JoinGroup response: GenerationId (\d+),", text)
        if sent:
            say({"kind": "request", "api": sent[1], "version": int(sent[2])})
        elif joined:
            Debug.generation = int(joined[1])
        elif record.levelno > logging.DEBUG:
            sys.stderr.write(text + "\n")


logger = logging.getLogger("member")
logger.setLevel(logging.DEBUG)
logger.propagate = False
logger.addHandler(Debug())

settings = {
    "bootstrap.servers": own["bootstrap"],
    "group.id": own["group"],
    "auto.offset.reset": "earliest",
    "partition.assignment.strategy": own["assignor"],
    "session.timeout.ms": own["sessionTimeoutMs"],
    "max.poll.interval.ms": own["sessionTimeoutMs"],
    "heartbeat.interval.ms": 300,
    "enable.auto.offset.store": False,
    "auto.commit.interval.ms": 100,
    "reconnect.backoff.max.ms": 500,
    "fetch.wait.max.ms": 100,
    "debug": "cgrp,protocol",
}
if "instanceId" in own:
    settings["group.instance.id"] = own["instanceId"]

owned = set()


def assigned(consumer, partitions):
    if own["assignor"] != "cooperative-sticky":
        owned.clear()
    owned.update(one.partition for one in partitions)
    say({"kind": "assigned", "partitions": sorted(owned), "generation": Debug.generation})


def revoked(consumer, partitions):
    owned.difference_update(one.partition for one in partitions)
    if owned:
        say({"kind": "assigned", "partitions": sorted(owned), "generation": Debug.generation})
    else:
        say({"kind": "revoked"})


def wait_for_the_end():
    sys.stdin.read()
    leaving.set()


threading.Thread(target=wait_for_the_end, daemon=True).start()
consumer = Consumer(settings, logger=logger)
consumer.subscribe([topic], on_assign=assigned, on_revoke=revoked, on_lost=revoked)
while not leaving.is_set():
    message = consumer.poll(0.1)
    if message is None:
        continue
    if message.error():
        sys.stderr.write(f"{message.error()}\n")
        continue
    value = message.value().decode()
    say({"kind": "record", "partition": message.partition(), "offset": message.offset(), "value": value})
    consumer.store_offsets(message=message)
consumer.close()
