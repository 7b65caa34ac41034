"""The namespace and the element names of edXML as the wire spells them (protocol 2.1, L-100).

Misspellings are the standard's and stand here only: ``Bussiness``, ``TyperNotation``.
"""

from __future__ import annotations

NAMESPACE = "http://www.mic.gov.vn/TBT/QCVN_102_2016"

ROOT = "edXML"
ENVELOPE = "edXMLEnvelope"
HEADER = "edXMLHeader"
MESSAGE_HEADER = "MessageHeader"
STATUS = "Status"  # a wrapper that some senders put around a status message (T04)
TRACE_HEADER_LIST = "TraceHeaderList"
SIGNATURE = "Signature"
BODY = "edXMLBody"
MANIFEST = "edXMLManifest"
REFERENCE = "Reference"

ATTACHMENT_ENCODED = "AttachmentEncoded"
ATTACHMENT = "Attachment"
TRANSFER_ENCODED = "ContentTransferEncoded"
CONTENT_ID = "ContentId"
ATTACHMENT_NAME = "AttachmentName"
CONTENT_TYPE = "ContentType"
DESCRIPTION = "Description"
FIELD_NAME = "FieldName"
MIME_TYPE = "MimeType"

STATUS_CODE = "StatusCode"
DOCUMENT_ID = "DocumentId"
RAW_SUFFIX = "Raw"  # JSON only: the text of a date that could not be read

XML_WHITE_SPACE = " \t\r\n"
