#!/usr/bin/env python3
"""Item ids of docs/grid-profile.md, by an implementation that shares nothing with the gateway. Python's own library only.

    python3 item_id.py FILE...    FILE: an IODEF-Document, or the payload of an item. Prints the file and its ids:
                                  of each Incident of the document, or the item's, and what it has apart from another's.
"""
import base64
import hashlib
import json
import re
import sys
import xml.etree.ElementTree as ElementTree

XML = "http://www.w3.org/XML/1998/namespace"
INCIDENT = "urn:xmpp:incident:2"
CONTEXT = "urn:x-iodef-gateway:context:1"
RID = "urn:ietf:params:xml:ns:iodef-rid-2.0"
PLAIN = '<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-2.0" version="2.00"></IODEF-Document>'

# section 3, rule 3
EXTENSION_CONTENT = set(
    """AdditionalData RecordItem ApplicationHeaderField EmailHeaderField RelatedDNS FileProperties FuzzyHashValue
    SoftwareReference BulkObservableList XMLDocument RawData KeyInfo KeyValue Object DigestMethod SignatureMethod
    CanonicalizationMethod Transform SignatureProperty""".split()
)


def split(name):
    """('namespace', 'local') of ElementTree's '{namespace}local'."""
    match = re.fullmatch(r"(?:\{(.*?)\})?(.*)", name, re.S)
    return match[1] or "", match[2]


def escape(text, table):
    return "".join(table.get(c, c) for c in text)


TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}
VALUE = {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}


def normal_form(element, around="", scope=None, opaque=False):
    namespace, local = split(element.tag)
    attributes = sorted((split(name), value) for name, value in element.items())
    spaces = sorted({ns for (ns, _), _ in attributes} - {"", XML})
    prefixes = {ns: f"ns{i}" for i, ns in enumerate(spaces, 1)}
    scope = dict(scope or {})
    start = [f"<{local}"]
    if namespace != around:
        start.append(f' xmlns="{escape(namespace, VALUE)}"')
    for prefix, ns in sorted((prefix, ns) for ns, prefix in prefixes.items() if scope.get(prefix) != ns):
        start.append(f' xmlns:{prefix}="{escape(ns, VALUE)}"')
        scope[prefix] = ns
    for (ns, name), value in attributes:
        prefix = "" if ns == "" else "xml:" if ns == XML else f"{prefixes[ns]}:"
        start.append(f' {prefix}{name}="{escape(value, VALUE)}"')
    opaque = opaque or local in EXTENSION_CONTENT
    # in valid documents only element-only content has white space between elements outside of extension content
    drop = not opaque and len(element) > 0

    def text(value):
        return "" if not value or (drop and not value.strip(" \t\r\n")) else escape(value, TEXT)

    inner = "".join(normal_form(child, namespace, scope, opaque) + text(child.tail) for child in element)
    return f"{''.join(start)}>{text(element.text)}{inner}</{local}>"


def sha256(text):
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def variant(element, context):
    """section 5: what is said beside the Incident. What the context holds is taken as it stands: nothing is validated here."""

    def said(path):
        found = context.find("/".join(f"{{{ns}}}{name}" for ns, name in path))
        return "" if found is None else normal_form(found)

    def decoded(found):
        return base64.b64decode(re.sub(r"\s", "", found.text or "")).decode("utf-8")

    policy = context.find(f"{{{CONTEXT}}}rid/{{{RID}}}RIDPolicy")
    attributes = {} if policy is None else policy.attrib
    trace = element == "request" and attributes.get("MsgType") == "TraceRequest"
    document = context.find(f"{{{CONTEXT}}}document")
    shell = "" if document is None or len(document) == 0 else normal_form(document[0])
    original = context.find(f"{{{CONTEXT}}}original")
    parts = [
        "TraceRequest" if trace else "",
        "" if shell == PLAIN else shell,
        attributes.get("restriction", ""),
        said([(CONTEXT, "rid"), (RID, "IncidentSource")]),
        "" if original is None else decoded(original),
        *(decoded(signature) for signature in context.findall(f"{{{CONTEXT}}}signature")),
    ]
    return sha256(json.dumps(parts, ensure_ascii=False, separators=(",", ":"))) if any(parts) else ""


def exchange(context):
    """section 5: the id of the question that the item asks."""
    found = context.find(f"{{{CONTEXT}}}exchange")
    named = "" if found is None else found.get("id", "").strip()
    return named if re.fullmatch(r"[A-Za-z0-9_-]{22}", named) else ""


def item_ids(root):
    namespace, local = split(root.tag)
    if namespace == INCIDENT:
        beside, asked = "", ""
        for child in list(root):
            if split(child.tag) == (CONTEXT, "context"):
                beside, asked = variant(local, child), exchange(child) if local in ("inquiry", "request") else ""
                root.remove(child)
        item = sha256(normal_form(root) + asked)
        return [item, sha256(f"{item} {beside}")]
    incidents = [child for child in root if split(child.tag) == (namespace, "Incident")]
    return [sha256(f'<report xmlns="{INCIDENT}">{normal_form(incident)}</report>') for incident in incidents]


if __name__ == "__main__":
    for file in sys.argv[1:]:
        print(file, *item_ids(ElementTree.parse(file).getroot()))
