"""The web pages."""

import html
import smtplib
from urllib.parse import urlencode

import pytest

from sandbox.server import Sandbox
from sandbox_tests.support.google import ANSWERS, DRIVE_ID, Google
from sandbox_tests.support.http import TIMEOUT, call
from sandbox_tests.support.mail import mail


def page(sandbox: Sandbox, path: str) -> str:
    answer = call(sandbox, "GET", path)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    return html.unescape(answer.text)


def send(sandbox: Sandbox) -> None:
    message = mail("Quote for <Acme>", "<1@example.org>")
    message.add_alternative("<p>Dear <script>alert(1)</script> all</p>", subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="invoice.pdf")
    with smtplib.SMTP(sandbox.smtp_host, sandbox.smtp_port, timeout=TIMEOUT) as smtp:
        smtp.send_message(message)
        smtp.send_message(mail("Re: Quote for <Acme>", "<2@example.org>", "<1@example.org>"))


def test_the_overview_shows_everything_side_by_side(sandbox: Sandbox, folder: str) -> None:
    send(sandbox)
    sandbox.google.submit(sandbox.ids["contact"], ANSWERS)
    seen = page(sandbox, "/")
    assert f'<a href="/drive/folders/{folder}">Acme</a>' in seen
    assert "Quote for <Acme>" in seen
    assert "Acme University" in seen
    for name in ("Inbox", "Planned", "Started", "Done", "Dropped", "Closed"):
        assert f"<h3>{name}<span" in seen
    assert "example-org/website" in seen


def test_folders_and_files(sandbox: Sandbox, google: Google, folder: str) -> None:
    file_id = google.upload(folder, "notes.txt", b"hello", "text/plain")
    assert "Example Organization" in page(sandbox, "/drive")
    rendered = page(sandbox, f"/drive/folders/{folder}")
    assert f'href="/drive/folders/{sandbox.ids["tickets"]}">tickets</a>' in rendered  # the way back
    assert f'href="/drive/file/{file_id}">notes.txt</a>' in rendered
    assert "<dt>ticketId</dt><dd>T-1</dd>" in rendered
    assert call(sandbox, "GET", f"/drive/file/{file_id}").body == b"hello"
    page(sandbox, f"/drive/folders/{DRIVE_ID}")


def test_the_price_list(sandbox: Sandbox) -> None:
    rendered = page(sandbox, f"/spreadsheets/d/{sandbox.ids['prices']}/edit")
    assert '<td class="number">1,200.00</td>' in rendered


def test_threads_of_mail(sandbox: Sandbox) -> None:
    send(sandbox)
    assert '<a href="/mail/1">Quote for <Acme></a>' in page(sandbox, "/mail")
    rendered = call(sandbox, "GET", "/mail/2").text
    assert "Quote for &lt;Acme&gt;" in rendered
    assert "<script>" not in rendered  # the mail's HTML is in a sandboxed frame
    assert "Re: Quote" in rendered
    attachment = call(sandbox, "GET", "/mail/1/attachments/1")
    assert (attachment.body, attachment.headers["content-type"]) == (b"%PDF-1.7", "application/pdf")
    assert "Message-ID: <2@example.org>" in call(sandbox, "GET", "/mail/2/raw").text


def test_the_form_is_filled_in_and_edited_on_its_page(sandbox: Sandbox) -> None:
    path = f"/forms/{sandbox.ids['contact']}/viewform"
    entries = {"Organization": 0x20B0D001, "Your name": 0x20B0D002, "E-mail": 0x20B0D003}
    entries["What do you need?"] = 0x20B0D004
    prefilled = page(sandbox, f"{path}?usp=pp_url&entry.{entries['Organization']}=Acme")
    assert 'value="Acme"' in prefilled

    def submit(at: str, **change: str) -> tuple[int, str]:
        fields = {f"entry.{number}": str(ANSWERS[title]) for title, number in entries.items()}
        answer = call(
            sandbox,
            "POST",
            at,
            urlencode({**fields, **change}),
            {"content-type": "application/x-www-form-urlencoded"},
        )
        return answer.status, answer.text

    missing = {f"entry.{entries['E-mail']}": ""}
    status, text = submit(path, **missing)
    assert (status, "This is a required question: E-mail" in text) == (422, True)
    assert 'value="Acme University"' in text  # nothing typed is lost
    status, text = submit(path)
    assert (status, "Your response has been recorded." in text) == (200, True)
    ((response_id, response),) = sandbox.google.responses[sandbox.ids["contact"]].items()
    assert response.answers["20b0d001"] == ("Acme University",)

    change = {f"entry.{entries['Your name']}": "Ann"}
    assert 'value="Bo"' in page(sandbox, f"{path}?edit2={response_id}")
    assert submit(f"{path}?edit2={response_id}", **change)[0] == 200
    ((same_id, edited),) = sandbox.google.responses[sandbox.ids["contact"]].items()
    assert (same_id, edited.answers["20b0d002"]) == (response_id, ("Ann",))


@pytest.mark.parametrize(
    "path",
    [
        "/drive/folders/nothing",
        "/drive/file/nothing",
        "/forms/nothing/viewform",
        "/spreadsheets/d/nothing/edit",
        "/mail/7",
        "/mail/7/raw",
        "/mail/7/attachments/1",
    ],
)
def test_missing_pages(sandbox: Sandbox, path: str) -> None:
    answer = call(sandbox, "GET", path)
    assert (answer.status, "No such" in answer.text) == (404, True)


def test_every_link_of_the_navigation_leads_somewhere(sandbox: Sandbox) -> None:
    import re

    navigation = re.search(r"<nav.*?</nav>", page(sandbox, "/"), re.DOTALL)
    assert navigation is not None
    links = re.findall(r'href="([^"]+)"', navigation[0])
    assert len(links) == 8
    for link in links:
        page(sandbox, link)
    assert call(sandbox, "GET", "/_sandbox/style.css").headers["content-type"].startswith("text/css")
