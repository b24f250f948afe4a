#!/usr/bin/env python3
"""A subscriber as anybody could write one, with slixmpp (Debian: python3-slixmpp): XEP-0060 and nothing of the gateway's.

    PASSWORD=... subscriber.py soc@grid.example pubsub.grid.example incident --ca grid-ca.pem --seen seen.txt

Prints a line of JSON for each item: its id, the number of its Incident, and the payload. What the Topic has kept comes first, in
the Broker's order, then what is published. With --seen each id comes once, whatever was missed between two runs. --server HOST:PORT
where DNS knows no other; --count N ends it after N items. Exit code 1: not let in.
"""
import argparse
import json
import os
import sys
import xml.etree.ElementTree as ElementTree

import slixmpp
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath

NUMBER = ".//{urn:ietf:params:xml:ns:iodef-2.0}IncidentID"


class Subscriber(slixmpp.ClientXMPP):
    def __init__(self, options):
        super().__init__(options.jid, os.environ["PASSWORD"])
        self.options = options
        self.ca_certs = options.ca
        self.told = set(open(options.seen).read().split()) if options.seen and os.path.exists(options.seen) else set()
        self.count = 0
        self.reason = None
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0060")
        self.register_plugin("xep_0199", {"keepalive": True})
        self.add_event_handler("session_start", self.begin)
        self.add_event_handler("failed_all_auth", lambda _: self.give_up("the login was refused"))
        # the plugin's own event comes several times for a message with several items
        self.register_handler(Callback("items", StanzaPath("message/pubsub_event/items"), self.notified))

    async def begin(self, _):
        """First subscribe, then read what the Topic has kept, so that nothing falls between. A lost connection ends it: start it again."""
        broker, topic = self.options.broker, self.options.topic
        self.send_presence()
        try:
            await self["xep_0060"].subscribe(broker, topic)
            kept = await self["xep_0030"].get_items(jid=broker, node=topic)
            for _, _, item_id in kept["disco_items"]["items"]:
                if item_id in self.told:
                    continue
                found = await self["xep_0060"].get_item(broker, topic, item_id)
                for item in found["pubsub"]["items"]:
                    self.tell(item)
        except IqError as error:
            # forbidden, closed-node: the account is no member of the Topic
            self.give_up("%s: %s" % (topic, error.condition))
        except IqTimeout:
            self.give_up("the Broker does not answer")

    def notified(self, message):
        # anybody may send a message that looks like an event: only the Broker's counts
        items = message["pubsub_event"]["items"]
        if message["from"].bare != self.options.broker or items["node"] != self.options.topic:
            return
        for item in items["substanzas"]:
            if item.name == "item":
                self.tell(item)

    def tell(self, item):
        if item["id"] in self.told or item["payload"] is None or self.count == self.options.count:
            return
        number = item["payload"].find(NUMBER)
        about = {"id": item["id"], "number": None if number is None else number.text}
        print(json.dumps({**about, "xml": ElementTree.tostring(item["payload"], encoding="unicode")}), flush=True)
        self.told.add(item["id"])
        if self.options.seen:
            with open(self.options.seen, "a") as file:
                file.write(item["id"] + "\n")
        self.count += 1
        if self.count == self.options.count:
            self.disconnect()

    def give_up(self, reason):
        self.reason = reason
        self.disconnect()


parser = argparse.ArgumentParser(description="prints the items of a Topic")
for name in ("jid", "broker", "topic"):
    parser.add_argument(name)
for name in ("--ca", "--seen", "--server"):
    parser.add_argument(name)
parser.add_argument("--count", type=int)
options = parser.parse_args()
subscriber = Subscriber(options)
host, _, port = (options.server or "").partition(":")
subscriber.connect((host, int(port or 5222))) if host else subscriber.connect()
subscriber.loop.run_until_complete(subscriber.disconnected)
sys.exit(subscriber.reason)
