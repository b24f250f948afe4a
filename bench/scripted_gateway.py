"""What an afternoon of scripting gives: RID Reports over HTTPS in, items on a Topic out. It keeps nothing: what is answered and not yet
published when it ends is lost.

Arguments: JID PASSWORD HOST PORT CA BROKER TOPIC, for the grid; CERT KEY CA, for RID; SCHEMA (of IODEF 2).
Prints {"port": N} when it takes reports, one line, and ends with its standard input.
"""

import asyncio
import hashlib
import json
import ssl
import sys
import xml.etree.ElementTree as ET

import slixmpp
from aiohttp import web
from lxml import etree

JID, PASSWORD, HOST, PORT, GRID_CA, BROKER, TOPIC, CERT, KEY, RID_CA, SCHEMA = sys.argv[1:12]
IODEF = "urn:ietf:params:xml:ns:iodef-2.0"
RID = "urn:ietf:params:xml:ns:iodef-rid-2.0"
# under way to the Topic
AT_ONCE = 64

ACKNOWLEDGED = (
    '<?xml version="1.0" encoding="UTF-8"?><iodef-rid:RID xmlns:iodef-rid="%s" xmlns:iodef="%s">'
    '<iodef-rid:RIDPolicy MsgType="Acknowledgement" MsgDestination="RIDSystem">'
    '<iodef-rid:PolicyRegion region="PeerToPeer"/><iodef:Node><iodef:DomainData system-status="unknown" domain-status="unknown">'
    "<iodef:Name>gateway.example</iodef:Name></iodef:DomainData></iodef:Node>"
    '<iodef-rid:TrafficType type="Network"/></iodef-rid:RIDPolicy><iodef-rid:RequestStatus AuthorizationStatus="Approved"/></iodef-rid:RID>'
) % (RID, IODEF)


class Grid(slixmpp.ClientXMPP):
    def __init__(self):
        super().__init__(JID, PASSWORD)
        self.register_plugin("xep_0060")
        self.ca_certs = GRID_CA
        self.up = asyncio.get_event_loop().create_future()
        self.add_event_handler("session_start", self.started)
        self.gate = asyncio.Semaphore(AT_ONCE)
        self.under_way = set()

    async def started(self, _):
        self.send_presence()
        self.up.set_result(None)

    def hand_on(self, incident):
        xml = '<report xmlns="urn:xmpp:incident:2">%s</report>' % etree.tostring(incident, with_tail=False).decode()
        task = asyncio.ensure_future(self.publish(hashlib.sha256(xml.encode()).hexdigest(), xml))
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def publish(self, id, xml):
        async with self.gate:
            await self["xep_0060"].publish(BROKER, TOPIC, id=id, payload=ET.fromstring(xml), timeout=600)


async def main():
    grid = Grid()
    grid.connect((HOST, int(PORT)))
    await grid.up
    schema = etree.XMLSchema(etree.parse(SCHEMA))
    parser = etree.XMLParser(resolve_entities=False, no_network=True)

    async def report(request):
        message = etree.fromstring(await request.read(), parser)
        document = message.find(".//{%s}IODEF-Document" % IODEF)
        if document is None or not schema.validate(document):
            return web.Response(status=400, text="not a valid IODEF document\n")
        for incident in document.iterfind("{%s}Incident" % IODEF):
            grid.hand_on(incident)
        return web.Response(text=ACKNOWLEDGED, content_type="text/xml")

    app = web.Application(client_max_size=2**20)
    app.router.add_post("/", report)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=RID_CA)
    tls.load_cert_chain(CERT, KEY)
    tls.verify_mode = ssl.CERT_REQUIRED
    site = web.TCPSite(runner, "localhost", 0, ssl_context=tls)
    await site.start()
    print(json.dumps({"port": site._server.sockets[0].getsockname()[1]}), flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


asyncio.get_event_loop().run_until_complete(main())
