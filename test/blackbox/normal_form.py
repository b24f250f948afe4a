"""Section 5's normal form and item id, written from the text by somebody who has not read the gateway's code.

Modes: `id` (lower-case hex SHA-256 of the payload without context), `text` (the normal form), `equal` (two normal forms with a
NUL between: "same" or where they differ), `root` (name of the root and of its children), `rid` (what a RID message says of
itself, a line each), `inner` (the normal form of the document in a RID message).

Where the text of section 5 leaves a choice (order of attributes, quotes, escapes, empty elements), this takes what Exclusive
C14N writes, which section 5 names for equality and docs/grid-profile.md section 3 spells out.
"""
import hashlib
import sys
import xml.parsers.expat as expat

CONTEXT = "urn:x-iodef-gateway:context:1"
IODEF = ("urn:ietf:params:xml:ns:iodef-2.0", "urn:ietf:params:xml:ns:iodef-1.0")
XML = "http://www.w3.org/XML/1998/namespace"
# "AdditionalData and the other ExtensionType and mixed elements", and leaf text: RFC 7970
EXTENSION = set("AdditionalData RecordItem ApplicationHeaderField EmailHeaderField RelatedDNS FileProperties FuzzyHashValue "
                "SoftwareReference BulkObservableList XMLDocument RawData KeyInfo KeyValue Object DigestMethod SignatureMethod "
                "CanonicalizationMethod Transform SignatureProperty".split())


class Element:
    def __init__(self, name, attributes):
        self.ns, self.local = name.rsplit(" ", 1) if " " in name else ("", name)
        self.attributes = attributes
        self.content = []


def parse(data):
    root = Element("root", {})
    stack = [root]
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True

    def begin(name, attributes):
        element = Element(name, attributes)
        stack[-1].content.append(element)
        stack.append(element)

    def characters(text):
        content = stack[-1].content
        if content and isinstance(content[-1], str):
            content[-1] += text
        else:
            content.append(text)

    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = characters
    parser.Parse(data, True)
    return root.content[0]


def escape(text, quoted):
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("\r", "&#xD;")
    if not quoted:
        return text.replace(">", "&gt;")
    return text.replace('"', "&quot;").replace("\t", "&#x9;").replace("\n", "&#xA;")


def write(element, outer, scope, keep, out, top=True):
    """`scope`: prefixes of attribute namespaces that stand already."""
    out.append("<" + element.local)
    if element.ns != outer:
        out.append(' xmlns="%s"' % escape(element.ns, True))
    named = []
    for name, value in element.attributes.items():
        ns, local = name.rsplit(" ", 1) if " " in name else ("", name)
        named.append((ns, local, value))
    named.sort()
    foreign = sorted({ns for ns, _, _ in named if ns not in ("", XML)})
    prefix = {ns: "ns%d" % (i + 1) for i, ns in enumerate(foreign)}
    scope = dict(scope)
    for ns in foreign:
        if scope.get(prefix[ns]) != ns:
            out.append(' xmlns:%s="%s"' % (prefix[ns], escape(ns, True)))
            scope[prefix[ns]] = ns
    for ns, local, value in named:
        label = "" if ns == "" else "xml:" if ns == XML else prefix[ns] + ":"
        out.append(' %s%s="%s"' % (label, local, escape(value, True)))
    out.append(">")
    keep = keep or element.local in EXTENSION
    children = any(isinstance(part, Element) for part in element.content)
    for part in element.content:
        if isinstance(part, Element):
            if top and part.ns == CONTEXT and part.local == "context":
                continue
            write(part, element.ns, scope, keep, out, False)
        elif keep or not children or part.strip(" \t\r\n") != "":
            out.append(escape(part, False))
    out.append("</%s>" % element.local)


def text(data):
    out = []
    write(parse(data), "", {}, False, out)
    return "".join(out)


def named(element):
    return "{%s}%s" % (element.ns, element.local)


def find(element, *path):
    for local in path:
        found = [part for part in element.content if isinstance(part, Element) and part.local == local]
        if not found:
            return None
        element = found[0]
    return element


def inner(root):
    return next(part for part in find(root, "RIDPolicy", "ReportSchema", "XMLDocument").content if isinstance(part, Element))


def rid(root):
    policy = find(root, "RIDPolicy")
    schema, box = find(policy, "ReportSchema"), find(policy, "ReportSchema", "XMLDocument")
    number, node = find(policy, "IncidentID"), find(policy, "Node")
    return "\n".join((
        "MsgType=%(MsgType)s MsgDestination=%(MsgDestination)s" % policy.attributes,
        "region=%s traffic=%s" % (find(policy, "PolicyRegion").attributes["region"], find(policy, "TrafficType").attributes["type"]),
        "Node=%s NodeName=%s" % (named(node), named(find(node, "NodeName"))),
        "IncidentID=%s name=%s text=%s" % (named(number), number.attributes["name"], "".join(number.content)),
        "ReportSchema " + " ".join("%s=%s" % pair for pair in sorted(schema.attributes.items())),
        "XMLDocument dtype=%s child=%s" % (box.attributes["dtype"], named(inner(root))),
    ))


def normal(element):
    out = []
    write(element, "", {}, False, out)
    return "".join(out)


mode, data = sys.argv[1], sys.stdin.buffer.read()
if mode == "id":
    result = hashlib.sha256(text(data).encode("utf-8")).hexdigest()
elif mode == "text":
    result = text(data)
elif mode == "inner":
    result = normal(inner(parse(data)))
elif mode == "rid":
    result = rid(parse(data))
elif mode == "root":
    root = parse(data)
    result = "%s: %s" % (named(root), " ".join(named(part) for part in root.content if isinstance(part, Element)))
else:
    a, b = data.decode("utf-8").split("\0")
    at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    result = "same" if a == b else "\n...%s\n...%s" % (a[max(0, at - 80):at + 120], b[max(0, at - 80):at + 120])
sys.stdout.buffer.write(result.encode("utf-8"))
