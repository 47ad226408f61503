"""GitHub's REST API called directly, and the board through PyGithub's GraphQL helpers."""

from dataclasses import dataclass
from typing import Any

from github import Github
from github.Issue import Issue

from sandbox.github.seed import BOT_TOKEN
from sandbox.server import Sandbox
from sandbox_tests.support.http import Answer, call

ORG = "example-org"
TICKETS = f"/repos/{ORG}/tickets"
WEBSITE = f"/repos/{ORG}/website"
MEMBER_TOKEN = f"{BOT_TOKEN}-amara-support"
OUTSIDER_TOKEN = f"{BOT_TOKEN}-jo-outside"

REST = "/api/v3"


@dataclass(frozen=True)
class Rest:
    """REST calls with a token."""

    sandbox: Sandbox
    token: str | None = BOT_TOKEN

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {
            "User-Agent": "tests",
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        return call(self.sandbox, method, REST + path, body, sent)

    def as_(self, token: str | None) -> "Rest":
        return Rest(self.sandbox, token)


@dataclass(frozen=True)
class Board:
    """The seeded board, through the GraphQL helpers of PyGithub."""

    github: Github
    id: str
    status: str
    columns: dict[str, str]

    def query(self, query: str, **variables: Any) -> Any:
        return self.github.requester.graphql_query(query, variables)[1]["data"]

    def mutate(self, mutation: str, output: str, **given: Any) -> Any:
        given.setdefault("projectId", self.id)
        return self.github.requester.graphql_named_mutation(mutation, given, output)[1]

    def add(self, issue: Issue) -> str:
        item: str = self.mutate("addProjectV2ItemById", "item { id }", contentId=issue.node_id)["item"]["id"]
        return item

    def move(self, item: str, column: str) -> None:
        self.mutate(
            "updateProjectV2ItemFieldValue",
            "projectV2Item { id }",
            itemId=item,
            fieldId=self.status,
            value={"singleSelectOptionId": self.columns[column]},
        )

    def column(self, item: str) -> str | None:
        query = """query($id: ID!) { node(id: $id) { ... on ProjectV2Item { fieldValueByName(name: "Status") {
            ... on ProjectV2ItemFieldSingleSelectValue { name } } } } }"""
        value = self.query(query, id=item)["node"]["fieldValueByName"]
        return value and str(value["name"])
