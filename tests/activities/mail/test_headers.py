"""Whatever people write, a mail has our header and their text as its subject."""

from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from activities.mail.messages import MessageBuilder
from activities.mail.text import MailBody
from config.groups import Mail

OURS = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
]
BODY = ["MIME-Version", "Content-Type"]
PARTS = [
    "=?utf-8?q?x=0D=0ABcc:_eve=40example.org?=",
    "=?",
    "?=",
    " ",
    "Université",
    "हिन्दी",
    "\r\nBcc: x",
    '"',
    "<a@b>",
]
texts = st.lists(st.one_of(st.text(max_size=40), st.sampled_from(PARTS)), max_size=12).map("".join)


def built(subject: str, name: str = "Leads") -> bytes:
    builder = MessageBuilder(
        Mail.model_construct(sender=f'"{name}" <leads@example.org>', message_id_domain="example.org")
    )
    return builder.build(
        builder.message_id("lead-a/1/x"),
        subject,
        MailBody("Text\n", "<p>Text</p>"),
        to=["ada@example.org", "grace@example.org"],
        reply_to=["sales@example.org"],
        thread="<thread@example.org>",
    )


@settings(deadline=None)
@given(texts)
@example("[Example =?utf-8?q?a=0D=0ABcc:_eve=40example.org?= / Ada] - =?utf-8?q?Sold_out?= sale")
@example(
    "[Université de l'Exemple / Ada] - Un pôle de calcul pour les étudiantes et étudiants de première année"
)
@example("[दिल्ली विश्वविद्यालय / आदा] - प्रथम वर्ष के छात्रों के लिए एक कंप्यूटर पाठ्यक्रम और प्रयोगशाला")
def test_the_subject_is_the_heading_and_the_header_is_ours(text: str) -> None:
    raw, wanted = built(text), " ".join(text.split())
    new = message_from_bytes(raw, policy=policy.default)
    old = message_from_bytes(raw, policy=policy.compat32)
    assert new["subject"] == wanted
    assert str(make_header(decode_header(old["subject"]))) == wanted
    assert [*new.keys()] == [*old.keys()]
    assert sorted(new.keys()) == sorted(OURS + BODY)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


@pytest.mark.parametrize("name", ["Leads", "Léads", "Leads, Inc.", "=?utf-8?q?a=0D=0ABcc:_x?=", "हिन्दी" * 9])
def test_the_senders_name_is_a_name(name: str) -> None:
    message = message_from_bytes(built("x", name), policy=policy.default)
    (sender,) = message["from"].addresses
    assert sender.addr_spec == "leads@example.org"
    assert sender.display_name.replace(" ", "") == name.replace(" ", "")
    assert sorted(message.keys()) == sorted(OURS + BODY)
