"""New issues from a form or template, on the pages and by `fill_in`."""

import re
from urllib.parse import quote, urlencode

import pytest
from github.Repository import Repository

from sandbox.github.forms import templates
from sandbox.server import Sandbox
from sandbox_tests.support.http import Answer, call

FOLDER = ".github/ISSUE_TEMPLATE/"
NEW = "/example-org/tickets/issues/new"
FORM = """\
name: A request
description: Somebody wants something
title: "[Request] "
labels: ["ticket", "no-such-label"]
body:
  - type: markdown
    attributes: {value: "Please **answer**."}
  - type: input
    id: who
    attributes: {label: Who, description: "As in *Ada*", placeholder: Ada}
    validations: {required: true}
  - type: textarea
    attributes: {label: Log, value: "nothing", render: shell}
  - type: dropdown
    attributes: {label: Use, options: [Teaching, Research]}
  - type: dropdown
    attributes: {label: Days, multiple: true, options: [Mon, Tue, Wed]}
  - type: checkboxes
    attributes: {label: Agreed, options: [{label: To this}, {label: To that}]}
"""
ANSWERED = """\
### Who

Ada

### Log

```shell
ls
```

### Use

_No response_

### Days

Mon, Wed

### Agreed

- [x] To this
- [ ] To that"""


@pytest.fixture
def forms(sandbox: Sandbox) -> Sandbox:
    for repository in ("tickets", "website"):
        sandbox.person("amara-support").put_file(repository, f"{FOLDER}request.yml", FORM)
    return sandbox


def send(sandbox: Sandbox, path: str, fields: list[tuple[str, str]]) -> Answer:
    sent = urlencode([("as", "amara-support"), *fields])
    return call(sandbox, "POST", path, sent.encode(), {"Content-Type": "application/x-www-form-urlencoded"})


def test_the_offered_templates(forms: Sandbox) -> None:
    page = call(forms, "GET", f"{NEW}/choose").text
    links = re.findall(r'href="[^"]*\?template=([^"]*)"', page)
    assert links == ["new-idea.md", "new-ticket.md", "request.yml"]
    assert f'href="{NEW}/choose"' in call(forms, "GET", "/example-org/tickets/issues").text
    assert call(forms, "GET", "/example-org/nothing/issues/new/choose").status == 404


def test_a_form_is_filled_in(forms: Sandbox, tickets: Repository) -> None:
    page = call(forms, "GET", f"{NEW}?template=request.yml").text
    assert 'value="[Request] "' in page
    assert "<strong>answer</strong>" in page
    names = re.findall(r'(?:input|textarea|select)[^>]* name="(field\.\d)"', page)
    assert dict.fromkeys(names) == dict.fromkeys(f"field.{place}" for place in range(5))
    answer = send(
        forms,
        f"{NEW}?template=request.yml",
        [
            ("title", "[Request] Ada"),
            ("field.0", "Ada"),
            ("field.1", "ls"),
            ("field.2", ""),
            ("field.3", "Mon"),
            ("field.3", "Wed"),
            ("field.4", "To this"),
        ],
    )
    assert (answer.status, answer.headers["location"]) == (
        303,
        "/example-org/tickets/issues/1?as=amara-support",
    )
    issue = tickets.get_issue(1)
    assert (issue.title, issue.body) == ("[Request] Ada", ANSWERED)
    assert [label.name for label in issue.labels] == ["ticket"]
    assert issue.user.login == "amara-support"


def test_fill_in(forms: Sandbox, tickets: Repository) -> None:
    person = forms.person("amara-support")
    answers = {"Who": "Ada", "Log": "ls", "Days": ["Mon", "Wed"], "Agreed": ["To this"]}
    issue = person.fill_in("tickets", "request.yml", answers, title="By Ada")
    assert (issue.title, issue.body) == ("By Ada", ANSWERED)
    with pytest.raises(LookupError, match="asks for no Whom"):
        person.fill_in("tickets", "request.yml", {"Whom": "Ada"})
    with pytest.raises(LookupError, match="no form"):
        person.fill_in("tickets", "new-ticket.yml", {})


def test_required_holds_in_public_repositories_only(forms: Sandbox) -> None:
    fields = [("title", "A request"), ("field.0", " ")]
    assert send(forms, f"{NEW}?template=request.yml", fields).status == 303
    refused = send(forms, "/example-org/website/issues/new?template=request.yml", fields)
    assert refused.status == 422
    assert "Who can&#39;t be blank" in refused.text


def test_a_template_sets_labels_whatever_the_rights(forms: Sandbox) -> None:
    jo = forms.person("jo-outside")
    forms.person("eda-engineering").open("website", "Other", labels=("page",))
    form = FORM.replace('"ticket"', '"page"')
    forms.person("amara-support").put_file("website", f"{FOLDER}request.yml", form)
    issue = jo.fill_in("website", "request.yml", {"Who": "Jo"})
    assert [forms.github.labels[number].name for number in issue.label_ids] == ["page"]


def test_links_to_templates(sandbox: Sandbox, tickets: Repository) -> None:
    title = "[Who] - [What]"
    link = f"{NEW}?assignees=&labels=ticket&template=new-ticket.md&title={quote(title)}"
    page = call(sandbox, "GET", link).text
    assert f'value="{title}"' in page
    assert "- [ ] Answered" in page
    send(sandbox, f"{NEW}?template=new-ticket.md", [("title", "A ticket"), ("body", "Hello")])
    issue = tickets.get_issue(1)
    assert (issue.title, issue.body, issue.labels[0].name) == ("A ticket", "Hello", "ticket")


def test_a_blank_issue(sandbox: Sandbox, tickets: Repository) -> None:
    assert 'value=""' in call(sandbox, "GET", NEW).text
    send(sandbox, NEW, [("title", "Blank"), ("body", "")])
    assert tickets.get_issue(1).labels == []
    assert send(sandbox, NEW, [("title", " "), ("body", "")]).status == 422


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("type: input", "type: inputt"),
        ("name: A request\n", ""),
        ("label: Log", "label: Who"),
        ("id: who", "id: who is it"),
        ("required: true", "needed: true"),
        ("body:", "body: ["),
        ("body:", "bodies:"),
    ],
)
def test_an_invalid_form_is_not_offered(sandbox: Sandbox, right: str, wrong: str) -> None:
    assert right in FORM
    sandbox.person("amara-support").put_file("tickets", f"{FOLDER}request.yml", FORM.replace(right, wrong, 1))
    tickets = sandbox.github.repositories[4001]
    assert [each.file for each in templates(tickets)] == ["new-idea.md", "new-ticket.md"]


def test_reset_bare(sandbox: Sandbox) -> None:
    call(sandbox, "POST", "/_sandbox/reset?bare")
    state = sandbox.github
    assert [option.name for option in state.projects[6001].status.options] == ["Todo", "In Progress", "Done"]
    assert {label.name for label in state.labels.values()} >= {"bug", "good first issue"}
    assert not any(templates(repository) for repository in state.repositories.values())
    assert "Blank issue" in call(sandbox, "GET", f"{NEW}/choose").text
    call(sandbox, "POST", "/_sandbox/reset")
    assert "ticket" in {label.name for label in sandbox.github.labels.values()}
