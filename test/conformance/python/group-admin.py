# test: one call of confluent-kafka's admin client on groups; prints the answer, or the name of the error, as JSON.
import json
import sys

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

call, facts = sys.argv[1], json.loads(sys.argv[2])
client = AdminClient({"bootstrap.servers": facts["bootstrap"]})
group, topic = facts.get("group"), facts.get("topic")
count = 6


def listed():
    answer = client.list_consumer_groups(request_timeout=10).result()
    if answer.errors:
        raise answer.errors[0]
    return [
        {"group": one.group_id, "state": one.state.name, "isSimple": one.is_simple_consumer_group}
        for one in answer.valid
    ]


def described():
    one = client.describe_consumer_groups([group], request_timeout=10)[group].result()
    return {
        "state": one.state.name,
        "assignor": one.partition_assignor,
        "members": [
            {
                "clientId": member.client_id,
                "host": member.host,
                "partitions": sorted(part.partition for part in member.assignment.topic_partitions),
            }
            for member in one.members
        ],
    }


def offsets():
    asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, n) for n in range(count)])
    answer = client.list_consumer_group_offsets([asked], request_timeout=10)[group].result()
    return [one.offset for one in sorted(answer.topic_partitions, key=lambda one: one.partition)]


def altered():
    wanted = [TopicPartition(topic, n, facts["offset"]) for n in range(count)]
    asked = ConsumerGroupTopicPartitions(group, wanted)
    answer = client.alter_consumer_group_offsets([asked], request_timeout=10)[group].result()
    for one in answer.topic_partitions:
        if one.error:
            raise KafkaException(one.error)
    return "done"


def deleted():
    client.delete_consumer_groups([group], request_timeout=10)[group].result()
    return "done"


calls = {"list": listed, "describe": described, "offsets": offsets, "alter": altered, "delete": deleted}
try:
    print(json.dumps(calls[call]()))
except KafkaException as error:
    print(json.dumps(error.args[0].name()))
