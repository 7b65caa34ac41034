"""What ``edoc-gateway init`` writes: a commented settings file and a working calendar."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a person answered; nothing of it has a safe default."""

    agency: str
    organ_id: str
    organ_name: str
    hours: tuple[str, ...]
    numbering: str
    receipt_counts_from: str
    trust: str
    seal_mm: float
    axis: str
    endpoint: str
    system_id: str


def _text(value: str) -> str:
    """Return a TOML basic string; JSON's escapes are TOML's."""
    return json.dumps(value, ensure_ascii=False)


def settings_file(answers: Answers) -> str:
    """Return the settings file as TOML text."""
    return f"""\
# Cấu hình edoc-gateway. Mọi khóa, đơn vị và giá trị mặc định: docs/settings.md.
# Settings of edoc-gateway. Every key, its unit and default: docs/settings.md.

[store]
url = "sqlite:///var/gateway.db"      # hoặc / or: postgresql://...
payloads = "var/payloads"             # sao lưu / back it up
quarantine = "var/quarantine"         # không sao lưu / never back it up
master_key = "var/master.key"         # giữ riêng / keep it apart

[[agency]]
id = {_text(answers.agency)}
organ_id = {_text(answers.organ_id)}
organ_name = {_text(answers.organ_name)}
numbering = {_text(answers.numbering)}                 # qlvb | gateway
receipt_counts_from = {_text(answers.receipt_counts_from)}      # gateway | qlvb
calendar = "calendar.toml"
trust_anchors = [{_text(answers.trust)}]
revocation_lists = ["trust/crls"]     # thư mục CRL / folder of CRLs
seal_diameter_mm = {answers.seal_mm}

# [agency.qlvb]
# webhook_url = "https://qlvb.example/edoc"

[[agency.axis]]
name = {_text(answers.axis)}
kind = "vxp"
endpoint = {_text(answers.endpoint)}
system_id = {_text(answers.system_id)}
poll_seconds = 60
"""


def calendar_file(answers: Answers) -> str:
    """Return a working calendar with the hours answered, to be completed by overrides."""
    intervals = ", ".join(_text(each) for each in answers.hours)
    return f"""\
# Lịch làm việc. Ngày nghỉ lễ lấy từ gói `holidays`; quyết định hằng năm ghi ở [[override]].
# Working calendar. Holidays are seeded; each year's decisions go into [[override]].
timezone = "Asia/Ho_Chi_Minh"

[[hours]]
valid_from = 2020-01-01
intervals = [{intervals}]

[[override]]
date = 2026-01-02
kind = "off"
decision = "12729/VPCP-KGVX"

[[override]]
date = 2026-01-10
kind = "on"
decision = "12729/VPCP-KGVX"
"""
