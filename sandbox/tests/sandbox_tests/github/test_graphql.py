"""GraphQL queries and errors, by GitHub's schema."""

from typing import Any

import pytest
from github import Github, GithubException, UnknownObjectException
from github.Issue import Issue

from sandbox.github.records import Token
from sandbox.github.seed import BOT_TOKEN
from sandbox.server import Sandbox
from sandbox_tests.support.github import OUTSIDER_TOKEN, Board
from sandbox_tests.support.http import Answer, call


def _post(sandbox: Sandbox, body: Any, token: str | None = BOT_TOKEN) -> Answer:
    head = {"User-Agent": "tests"} | ({"Authorization": f"bearer {token}"} if token else {})
    return call(sandbox, "POST", "/api/graphql", body, head)


def _ask(sandbox: Sandbox, query: str, token: str = BOT_TOKEN) -> Any:
    answer = _post(sandbox, {"query": query}, token)
    assert answer.status == 200
    return answer.json()


def test_an_issue_with_its_connections(github: Github, issue: Issue, board: Board) -> None:
    issue.create_comment("Hello")
    board.move(board.add(issue), "Inbox")
    query = """query($owner: String!, $name: String!, $number: Int!) {
      viewer { login }
      repository(owner: $owner, name: $name) { id nameWithOwner isPrivate owner { __typename login }
        labels(first: 1) { totalCount nodes { name } }
        label(name: "ticket") { color }
        issues(first: 5, states: [OPEN], labels: ["ticket"], orderBy: {field: CREATED_AT, direction: DESC}) {
          nodes { number } }
        issue(number: $number) {
          id number title body url state stateReason closed createdAt fullDatabaseId
          author { __typename login } repository { name }
          labels(first: 5) { nodes { name } } assignees(first: 5) { totalCount }
          comments(last: 1) { nodes { body author { login } issue { number } } }
          projectItems(first: 5) { nodes { type project { number title url }
            fieldValues(first: 5) { nodes { __typename
              ... on ProjectV2ItemFieldTextValue { text }
              ... on ProjectV2ItemFieldSingleSelectValue { name color field { ... on ProjectV2FieldCommon { name } } }
            } } } } } } }"""
    found = board.query(query, owner="example-org", name="tickets", number=issue.number)
    repository = found["repository"]
    assert found["viewer"]["login"] == "example-app[bot]"
    assert repository["owner"] == {"__typename": "Organization", "login": "example-org"}
    assert repository["labels"] == {"totalCount": 4, "nodes": [{"name": "ticket"}]}
    assert repository["issues"]["nodes"] == [{"number": issue.number}]
    rendered = repository["issue"]
    assert (rendered["id"], rendered["url"], rendered["state"]) == (issue.node_id, issue.html_url, "OPEN")
    assert rendered["author"] == {"__typename": "Bot", "login": "example-app[bot]"}
    assert rendered["comments"]["nodes"][0]["body"] == "Hello"
    (item,) = rendered["projectItems"]["nodes"]
    assert item["project"]["number"] == 1
    assert item["fieldValues"]["nodes"] == [
        {"__typename": "ProjectV2ItemFieldTextValue", "text": issue.title},
        {
            "__typename": "ProjectV2ItemFieldSingleSelectValue",
            "name": "Inbox",
            "color": "GRAY",
            "field": {"name": "Status"},
        },
    ]


def test_state_reasons(issue: Issue, board: Board) -> None:
    query = """query($id: ID!) { node(id: $id) { ... on Issue {
        plain: stateReason full: stateReason(enableDuplicate: true) closed } } }"""
    issue.edit(state="closed", state_reason="duplicate")
    assert board.query(query, id=issue.node_id)["node"] == {
        "plain": "NOT_PLANNED",
        "full": "DUPLICATE",
        "closed": True,
    }


def test_nodes_by_id(github: Github, issue: Issue, board: Board) -> None:
    comment = issue.create_comment("Hello")
    item = board.add(issue)
    ids = [issue.node_id, comment.node_id, item, board.id, board.status, issue.user.node_id]
    ids += [issue.labels[0].node_id, github.get_repo("example-org/tickets").node_id]
    found = board.query("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", ids=ids)["nodes"]
    assert [node["id"] for node in found] == ids
    assert [node["__typename"] for node in found] == [
        "Issue",
        "IssueComment",
        "ProjectV2Item",
        "ProjectV2",
        "ProjectV2SingleSelectField",
        "Bot",
        "Label",
        "Repository",
    ]
    assert github.requester.graphql_node(issue.node_id, "number", "Issue")[1]["data"]["node"]["number"] == 1


def test_an_unknown_node_is_an_unknown_object(github: Github) -> None:
    with pytest.raises(UnknownObjectException, match="global id of 'I_none'") as refused:
        github.requester.graphql_node("I_none", "number", "Issue")
    (error,) = refused.value.data["errors"]
    assert (error["type"], error["path"]) == ("NOT_FOUND", ["node"])
    assert error["locations"][0].keys() == {"line", "column"}
    assert refused.value.data["data"] == {"node": None}


def test_one_unknown_node_among_others(sandbox: Sandbox, board: Board) -> None:
    answer = _ask(sandbox, f'{{nodes(ids:["{board.id}","I_none"]){{id}}}}')
    assert answer["data"]["nodes"] == [{"id": board.id}, None]
    (error,) = answer["errors"]
    assert (error["type"], error["path"]) == ("NOT_FOUND", ["nodes", 1])


@pytest.mark.parametrize(
    ("query", "path", "message"),
    [
        (
            '{organization(login:"x"){id}}',
            ["organization"],
            "Could not resolve to an Organization with the login of 'x'.",
        ),
        ('{user(login:"x"){id}}', ["user"], "Could not resolve to a User with the login of 'x'."),
        (
            '{repository(owner:"example-org",name:"x"){id}}',
            ["repository"],
            "Could not resolve to a Repository with the name 'example-org/x'.",
        ),
        (
            '{repository(owner:"example-org",name:"tickets"){issue(number:9){id}}}',
            ["repository", "issue"],
            "Could not resolve to an Issue with the number of 9.",
        ),
        (
            '{organization(login:"example-org"){projectV2(number:9){id}}}',
            ["organization", "projectV2"],
            "Could not resolve to a ProjectV2 with the number 9.",
        ),
    ],
)
def test_not_found(sandbox: Sandbox, query: str, path: list[str], message: str) -> None:
    (error,) = _ask(sandbox, query)["errors"]
    assert (error["type"], error["path"], error["message"]) == ("NOT_FOUND", path, message)


def test_unknown_fields(sandbox: Sandbox) -> None:
    answer = _ask(sandbox, '{organization(login:"example-org"){projectsV3}}')
    (error,) = answer["errors"]
    assert error["message"] == "Field 'projectsV3' doesn't exist on type 'Organization'"
    assert error["extensions"]["code"] == "undefinedField"
    assert "data" not in answer
    assert "errors" in _ask(sandbox, "{ viewer { login }")
    assert "errors" in _ask(
        sandbox, "mutation { addProjectV2ItemById(input: {projectID: 1}) { item { id } } }"
    )


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ('{organization(login:"example-org"){email}}', "Organization.email"),
        (
            '{repository(owner:"example-org",name:"tickets"){issues(first:1,filterBy:{createdBy:"x"}){totalCount}}}',
            "created_by",
        ),
        ('{search(query:"x",type:ISSUE,first:1){issueCount}}', "Query.search"),
        ('mutation{createIssue(input:{repositoryId:"x",title:"x"}){issue{id}}}', "Mutation.createIssue"),
    ],
)
def test_unsupported_fields_are_errors(sandbox: Sandbox, query: str, what: str) -> None:
    (error,) = _ask(sandbox, query)["errors"]
    assert error["type"] == "NOT_IMPLEMENTED"
    assert what in error["message"]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("", "MISSING_PAGINATION_BOUNDARIES"),
        ("(first: 101)", "EXCESSIVE_PAGINATION"),
        ("(first: -1)", "ARGUMENT_LIMIT"),
        ('(first: 1, after: "x")', "INVALID_CURSOR_ARGUMENTS"),
    ],
)
def test_pages_need_bounds(sandbox: Sandbox, arguments: str, kind: str) -> None:
    query = f'{{repository(owner:"example-org",name:"tickets"){{labels{arguments}{{totalCount}}}}}}'
    (error,) = _ask(sandbox, query)["errors"]
    assert error["type"] == kind


def test_pages_forward_and_back(board: Board) -> None:
    query = """query($first: Int, $last: Int, $after: String, $before: String) {
      repository(owner: "example-org", name: "tickets") {
        labels(first: $first, last: $last, after: $after, before: $before) {
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { name } } } } }"""

    def page(**bounds: Any) -> tuple[list[str], dict[str, Any]]:
        labels = board.query(query, **bounds)["repository"]["labels"]
        return [edge["node"]["name"] for edge in labels["edges"]], labels["pageInfo"]

    names, info = page(first=3)
    assert (names, info["hasNextPage"], info["hasPreviousPage"]) == (
        ["ticket", "type:idea", "accepted"],
        True,
        False,
    )
    names, info = page(first=3, after=info["endCursor"])
    assert (names, info["hasNextPage"], info["hasPreviousPage"]) == (["urgent"], False, True)
    names, info = page(last=2, before=info["startCursor"])
    assert (names, info["hasNextPage"]) == (["type:idea", "accepted"], True)


def test_the_limit_in_points(board: Board) -> None:
    limit = board.query("{ rateLimit { cost limit used remaining resetAt } }")["rateLimit"]
    assert limit["cost"] == 1
    assert limit["remaining"] == limit["limit"] - limit["used"]


@pytest.mark.parametrize(
    ("token", "message"), [(None, "requires you to be authenticated"), ("x", "Bad credentials")]
)
def test_anonymous_callers_are_refused(sandbox: Sandbox, token: str | None, message: str) -> None:
    answer = _post(sandbox, {"query": "{viewer{login}}"}, token)
    assert answer.status == 401
    assert message in answer.json()["message"]


@pytest.mark.parametrize("body", [{}, {"query": 1}, {"query": "{viewer{login}}", "variables": "x"}])
def test_a_body_without_a_query(sandbox: Sandbox, body: Any) -> None:
    assert "errors" in _post(sandbox, body).json()


@pytest.mark.parametrize("body", ["", "[]", "{"])
def test_a_body_that_is_not_a_json_object(sandbox: Sandbox, body: str) -> None:
    assert _post(sandbox, body).status == 400


def test_outsiders_do_not_see_what_is_private(sandbox: Sandbox, issue: Issue, board: Board) -> None:
    item = board.add(issue)
    for hidden in (issue.node_id, board.id, item, board.status):
        (error,) = _ask(sandbox, f'{{node(id:"{hidden}"){{id}}}}', OUTSIDER_TOKEN)["errors"]
        assert error["type"] == "NOT_FOUND"


def test_an_app_without_the_projects_permission(sandbox: Sandbox, board: Board) -> None:
    sandbox.github.tokens["weak"] = Token(user_id=sandbox.github.app.bot_id, permissions={"issues": "write"})
    query = '{organization(login:"example-org"){projectV2(number:1){id}}}'
    (error,) = _ask(sandbox, query, "weak")["errors"]
    assert (error["type"], error["message"]) == ("FORBIDDEN", "Resource not accessible by integration")
    with pytest.raises(GithubException):
        board.query("query($id: ID!) { node(id: $id) { ... on Issue { number } } }", id="x")
