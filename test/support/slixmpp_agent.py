"""A grid user that shares no code with the gateway: slixmpp, driven by JSON lines.

Arguments: JID PASSWORD HOST PORT CA BROKER. Standard input: one command a line, {"n": 1, "do": "subscribe", ...}.
Standard output: {"n": 1, "ok": true, "result": ...} for each, and {"event": ...} for what arrives.
"""

import asyncio
import json
import logging
import sys
import xml.etree.ElementTree as ET

import slixmpp
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath, StanzaPath

JID, PASSWORD, HOST, PORT, CA, BROKER = sys.argv[1:7]
TIMEOUT = 120
INCIDENT = "urn:xmpp:incident:2"

# commands under way
running = set()


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def write(element):
    return ET.tostring(element, encoding="unicode")


class Agent(slixmpp.ClientXMPP):
    def __init__(self):
        super().__init__(JID, PASSWORD)
        for plugin in ("xep_0030", "xep_0059", "xep_0060", "xep_0199"):
            self.register_plugin(plugin)
        self.ca_certs = CA
        self.nodes = set()
        # how IQs about incidents are answered
        self.how = {}
        self.leaving = False
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("failed_auth", lambda _: say({"event": "failed", "reason": "login refused"}))
        self.add_event_handler("disconnected", self.lost)
        # not the plugin's own events: it says each message with several items several times
        self.register_handler(Callback("incidents", MatchXPath("{jabber:client}iq"), self.asked))
        self.register_handler(Callback("presences", MatchXPath("{jabber:client}presence"), self.seen))
        self.register_handler(Callback("items", StanzaPath("message/pubsub_event/items"), self.notified))

    async def started(self, _):
        self.send_presence()
        for node in self.nodes:
            try:
                await self["xep_0060"].subscribe(BROKER, node, timeout=TIMEOUT)
            except (IqError, IqTimeout):
                say({"event": "failed", "reason": "cannot subscribe to %s again" % node})
        say({"event": "ready", "jid": self.boundjid.full})

    async def lost(self, _):
        say({"event": "lost"})
        # slixmpp would let them wait for their whole timeout
        for task in list(running):
            task.cancel()
        if not self.leaving:
            await asyncio.sleep(0.3)
            self.connect((HOST, int(PORT)))

    def notified(self, message):
        items = message["pubsub_event"]["items"]
        for item in items["substanzas"]:
            about = {"node": items["node"], "id": item["id"], "from": str(message["from"])}
            if item.name == "retract":
                say({"event": "retracted", **about})
                continue
            payload = item["payload"]
            say({"event": "item", **about, "xml": None if payload is None else write(payload)})

    def asked(self, iq):
        """An IQ about an incident (XEP-0268) is taken; slixmpp answers whatever else it knows."""
        found = [child for child in iq.xml if child.tag.startswith("{%s}" % INCIDENT)]
        if iq["type"] in ("get", "set") and found:
            say({"event": "incident", "type": iq["type"], "from": str(iq["from"]), "xml": write(found[0])})
            self.answer(iq.reply(clear=True))

    def answer(self, reply):
        if "error" in self.how:
            reply.error()
            reply["error"]["type"], reply["error"]["condition"] = self.how["type"], self.how["error"]
        elif "xml" in self.how:
            reply.append(ET.fromstring(self.how["xml"]))
        if not self.how.get("silent"):
            reply.send()

    async def do_answer(self, how):
        self.how = how

    def seen(self, presence):
        say({"event": "presence", "from": str(presence["from"]), "xml": str(presence)})

    async def do_iq(self, type, to, xml):
        iq = self.Iq(stype=type, sto=to)
        iq.append(ET.fromstring(xml))
        try:
            answer = await iq.send(timeout=TIMEOUT)
        except IqError as error:
            stanza = error.iq["error"]
            return {"kind": "error", "condition": stanza["condition"], "type": stanza["type"], "text": stanza["text"]}
        except IqTimeout:
            return {"kind": "timeout"}
        return {"kind": "result", "xml": "".join(write(child) for child in answer.xml)}

    async def do_subscribe(self, node):
        await self["xep_0060"].subscribe(BROKER, node, timeout=TIMEOUT)
        self.nodes.add(node)

    async def do_create(self, node, fields):
        form = self["xep_0004"].make_form(ftype="submit")
        form.add_field(var="FORM_TYPE", value="http://jabber.org/protocol/pubsub#node_config", ftype="hidden")
        for name, value in fields.items():
            form.add_field(var=name, value=value)
        await self["xep_0060"].create_node(BROKER, node, config=form, timeout=TIMEOUT)

    async def do_affiliate(self, node, jid, affiliation):
        await self["xep_0060"].modify_affiliations(BROKER, node, [(jid, affiliation)], timeout=TIMEOUT)

    async def do_publish(self, node, id, xml):
        await self["xep_0060"].publish(BROKER, node, id=id, payload=ET.fromstring(xml), timeout=TIMEOUT)

    async def do_publish_all(self, node, items, at_once=16):
        gate = asyncio.Semaphore(at_once)

        async def one(item):
            async with gate:
                await self.do_publish(node, item["id"], item["xml"])

        await asyncio.gather(*(one(item) for item in items))

    async def do_retract(self, node, id):
        await self["xep_0060"].retract(BROKER, node, id, notify="true", timeout=TIMEOUT)

    async def do_purge(self, node):
        await self["xep_0060"].purge(BROKER, node, timeout=TIMEOUT)

    async def do_delete(self, node):
        await self["xep_0060"].delete_node(BROKER, node, timeout=TIMEOUT)

    async def do_item(self, node, id):
        result = await self["xep_0060"].get_item(BROKER, node, id, timeout=TIMEOUT)
        return [{"id": i["id"], "xml": write(i["payload"])} for i in result["pubsub"]["items"]]

    async def do_ids(self, node):
        """Ids of all retained items (XEP-0060 5.5: disco#items of the node)."""
        result = await self["xep_0030"].get_items(jid=BROKER, node=node, timeout=TIMEOUT)
        return [item[2] for item in result["disco_items"]["items"]]

    async def do_raw(self, xml):
        self.send_raw(xml)

    async def do_same(self, a, b):
        """Equal as XML, apart from prefixes and from white space that stands alone between elements."""
        return difference(ET.fromstring(a), ET.fromstring(b))

    async def run(self, command):
        n = command.pop("n")
        name = command.pop("do")
        try:
            result = await getattr(self, "do_" + name)(**command)
            say({"n": n, "ok": True, "result": result})
        except IqError as error:
            say({"n": n, "ok": False, "error": error.condition + ": " + (error.text or "")})
        except asyncio.CancelledError:
            say({"n": n, "ok": False, "error": "the connection was lost"})
        except Exception as error:  # whatever it is, whoever asked waits for an answer
            say({"n": n, "ok": False, "error": "%s: %s" % (type(error).__name__, error)})


def difference(a, b, path=""):
    path = path + "/" + a.tag
    if a.tag != b.tag:
        return "%s: %s" % (path, b.tag)
    if a.attrib != b.attrib:
        return "%s: attributes %r, %r" % (path, a.attrib, b.attrib)
    if len(a) != len(b):
        return "%s: %d children, %d" % (path, len(a), len(b))
    pairs = [("text", a.text, b.text)] + [("tail", x.tail, y.tail) for x, y in zip(a, b)]
    for what, x, y in pairs:
        if (x or "").strip(" \t\r\n") != (y or "").strip(" \t\r\n"):
            return "%s: %s %r, %r" % (path, what, (x or "")[:80], (y or "")[:80])
        if (x or "").strip(" \t\r\n") != "" and x != y:
            return "%s: %s differs in white space" % (path, what)
    for x, y in zip(a, b):
        found = difference(x, y, path)
        if found is not None:
            return found
    return None


async def commands(agent):
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=64 * 1024 * 1024)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while True:
        line = await reader.readline()
        if not line:
            break
        task = loop.create_task(agent.run(json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)
    agent.leaving = True
    agent.disconnect(wait=1)
    await asyncio.sleep(0.2)
    agent.loop.stop()


logging.basicConfig(level=logging.ERROR, stream=sys.stderr)
agent = Agent()
agent.connect((HOST, int(PORT)))
# kept, or it would be collected while it waits
reading = agent.loop.create_task(commands(agent))
agent.loop.run_forever()
