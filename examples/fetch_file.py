#!/usr/bin/env python3
"""Reads a stub (docs/grid-profile.md, section 9) on standard input, and writes the item that is its file on standard output.

    fetch_file.py upload.grid.example [CA.pem] < stub.xml > item.xml

The host is the one that you trust, with its port where that is not 443. Needs the package "cryptography"
(Debian: python3-cryptography); all else is Python's own.
"""
import base64
import hashlib
import http.client
import ssl
import sys
import urllib.parse
import xml.etree.ElementTree as ET

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CONTEXT = "{urn:x-iodef-gateway:context:1}"
SHARING = "{urn:xmpp:sfs:0}"
FILE = "{urn:xmpp:file:metadata:0}"
ENCRYPTED = "{urn:xmpp:esfs:0}"
HASH = "{urn:xmpp:hashes:2}hash[@algo='sha-256']"
URL = "{http://jabber.org/protocol/url-data}url-data"
INCIDENT = "{urn:ietf:params:xml:ns:iodef-2.0}Incident"
CIPHER = "urn:xmpp:ciphers:aes-256-gcm-nopadding:0"
TAG = 16
LARGEST = 1_048_576


def fetch(url, host, size, ca):
    """The bytes at the URL: over HTTPS, from that host, without redirects, and no more than were said."""
    where = urllib.parse.urlsplit(url)
    if where.scheme != "https" or where.netloc.lower() != host.lower():
        raise SystemExit(f"not from there: {where.scheme}://{where.netloc}")
    line = http.client.HTTPSConnection(where.netloc, timeout=30, context=ssl.create_default_context(cafile=ca))
    line.request("GET", urllib.parse.urlunsplit(("", "", where.path, where.query, "")))
    answer = line.getresponse()
    if answer.status != 200:
        raise SystemExit(f"the host answers {answer.status}")
    return answer.read(size + 1)


def agree(found, wanted, what):
    if found != wanted:
        raise SystemExit(f"the file is not what the item says: {what}")


def shown(item):
    """What a stub and its file have in common."""
    incident = item.find(INCIDENT)
    number = incident.find("{urn:ietf:params:xml:ns:iodef-2.0}IncidentID")
    said = [incident.get(name) for name in ("purpose", "ext-purpose", "restriction", "ext-restriction")]
    return said + [number.get("name"), number.get("instance"), " ".join((number.text or "").split())]


def main(host, ca=None):
    stub = ET.parse(sys.stdin.buffer).getroot()
    sharing = stub.find(f"{CONTEXT}context/{SHARING}file-sharing")
    if sharing is None:
        raise SystemExit("the item names no file")
    file = sharing.find(f"{FILE}file")
    source = sharing.find(f"{SHARING}sources/{ENCRYPTED}encrypted[@cipher='{CIPHER}']")
    size = int(file.findtext(f"{FILE}size"))
    if size > LARGEST:
        raise SystemExit("the file is too large")
    url = source.find(f"{SHARING}sources/{URL}").get("target")
    there = fetch(url, host, size + TAG, ca)
    agree(len(there), size + TAG, "its size")
    agree(hashlib.sha256(there).digest(), base64.b64decode(source.findtext(HASH)), "its hash, encrypted")
    key, iv = (base64.b64decode(source.findtext(f"{ENCRYPTED}{name}")) for name in ("key", "iv"))
    plain = AESGCM(key).decrypt(iv, there, None)
    agree(hashlib.sha256(plain).digest(), base64.b64decode(file.findtext(HASH)), "its hash")
    agree(shown(ET.fromstring(plain)), shown(stub), "the Incident")
    sys.stdout.buffer.write(plain)


if __name__ == "__main__":
    main(*sys.argv[1:])
