"""The demonstration's own settings and calendar, as a real installation would write them."""

from __future__ import annotations

CALENDAR = """\
timezone = "Asia/Ho_Chi_Minh"

[[hours]]
valid_from = 2020-01-01
intervals = ["07:30-11:30", "13:00-17:00"]

[[override]]
date = 2026-01-02
kind = "off"
decision = "12729/VPCP-KGVX"

[[override]]
date = 2026-01-10
kind = "on"
decision = "12729/VPCP-KGVX"

[[confirmed]]
year = 2026
decision = "9859/VPCP-KGVX"
"""


def settings_text(axis: str, qlvb: str) -> str:
    """Return the settings of two invented agencies on one axis; both addresses are local."""
    return f"""\
[http]
port = 0

[[agency]]
id = "so-tai-chinh"
organ_id = "H99.02"
organ_name = "Sở Tài chính tỉnh Mẫu"
numbering = "gateway"
receipt_counts_from = "gateway"
calendar = "calendar.toml"
trust_anchors = ["trust/anchors"]
revocation_lists = ["trust/crls"]
seal_diameter_mm = 36

[agency.qlvb]
webhook_url = "{qlvb}"
networks = ["127.0.0.0/8"]

[[agency.axis]]
name = "tinh"
kind = "vxp"
endpoint = "{axis}"
system_id = "H99.02.S01"

[[agency]]
id = "ubnd-tinh"
organ_id = "H99"
organ_name = "Ủy ban nhân dân tỉnh Mẫu"
numbering = "qlvb"
receipt_counts_from = "gateway"
calendar = "calendar.toml"
trust_anchors = ["trust/anchors"]
revocation_lists = ["trust/crls"]
seal_diameter_mm = 42

[[agency.axis]]
name = "tinh"
kind = "vxp"
endpoint = "{axis}"
system_id = "H99.S01"
"""
