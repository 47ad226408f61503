"""Activities for the lead's issue and card and the hub's issue on GitHub. Each brings them to the lead's present state."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.checks import Check
from activities.errors import park
from activities.github.board import GitHubBoard, columns_of
from activities.github.client import GitHubClient
from activities.github.corrections import GitHubCorrections, IssueRef
from activities.github.drift import GitHubDrift
from activities.github.issues import DesiredIssue, GitHubIssues, Reason
from activities.github.models import Repository
from activities.github.own_comments import SETTLE, OwnComments
from activities.github.people import people_checks
from activities.performs import performs
from activities.questionnaire_link import signed_link
from config.settings import Settings, public_page
from process.effects import CheckIssues, PlaceCard, PostCorrection, RevertCard, RevertIssue
from process.effects.observations import CardPlaced, HubIssueOpened, IssueOpened
from process.effects.requests import EffectRequest, Outcome
from process.github.edits import Edit
from process.lead.duplicate_links import Relation
from process.lead.hub import HUB_FIELDS, HUB_PERSONAL
from process.lead.lead import Lead
from process.lead.qualification import MANIAC_T
from process.policy import Policy
from process.types import Link, Stage
from process.views.checklist import checklist, todo, vendor_checklist
from process.views.next_step import next_step
from templates.rendering import render


class GitHubActivities:
    """Performs the effects on GitHub. One instance serves all threads."""

    def __init__(
        self, settings: Settings, policy: Policy | None = None, *, settle: timedelta = SETTLE
    ) -> None:
        """`policy`, the one of new leads, is used only by `checks`: each lead brings its own."""
        self._settings = settings
        self._policy = policy or Policy()
        self._client = GitHubClient(settings.github, settings.signing_keys)
        self._issues = GitHubIssues(self._client, settle, follows_changes=settings.github.follows_changes)
        self._board = GitHubBoard(self._client)
        self._drift = GitHubDrift(self._client, self._issues, self._board)
        self._corrections = GitHubCorrections(OwnComments(self._client, settle))

    @performs("open_issue")
    def open_issue(self, request: EffectRequest) -> Outcome:
        """Open the lead's issue, or find the one that an earlier attempt opened."""
        if request.lead.issue:
            return Outcome()
        link = self._issues.open(
            self._lead_issue(request), since=request.lead.opened_at, first_attempt=_is_first_attempt(request)
        )
        return Outcome(observation=IssueOpened(link=link))

    @performs("update_issue")
    def update_issue(self, request: EffectRequest) -> Outcome:
        """Bring the lead's issue up to date: title, labels, our block, and state."""
        self._issues.update(self._lead_issue(request), _number(request.lead.issue))
        return Outcome()

    @performs("place_card")
    def place_card(self, request: EffectRequest) -> Outcome:
        """Put the lead's card into the column of its stage, unless a person's move of it is not handled yet."""
        effect = request.effect
        assert isinstance(effect, PlaceCard)  # noqa: S101 - the workflow sends each effect to its own activity
        return self._place(request.lead, restore=effect.restore, stood_in=effect.stood_in)

    @performs("revert_issue")
    def revert_issue(self, request: EffectRequest) -> Outcome:
        """Revert edits of the lead's issue, and bring the rest up to date."""
        self._issues.update(self._lead_issue(request), _number(request.lead.issue), _reverted(request))
        return Outcome()

    @performs("revert_hub_issue")
    def revert_hub_issue(self, request: EffectRequest) -> Outcome:
        """Revert edits of the hub's issue, and bring the rest up to date."""
        self._issues.update(
            self._hub_issue(request.lead), _number(request.lead.hub_issue), _reverted(request)
        )
        return Outcome()

    @performs("revert_card")
    def revert_card(self, request: EffectRequest) -> Outcome:
        """Move the lead's card back, if it is still in the column of the reverted edit."""
        return self._place(request.lead, reverted=_reverted(request))

    def _place(
        self,
        lead: Lead,
        *,
        restore: bool = False,
        reverted: Sequence[Edit] = (),
        stood_in: str | None = None,
    ) -> Outcome:
        github = self._settings.github
        columns = columns_of(github, lead.policy)
        column = columns.get(lead.stage)
        if column is None:
            raise park(
                f"LEADS_GITHUB__COLUMNS names no column for the stage {lead.stage}: add it, then retry"
            )
        ours = None
        if github.follows_changes and lead.card_stage:
            ours = {columns.get(lead.card_stage), *(edit.name for edit in reverted)}
            if stood_in:  # under the built-in policy, the column had the name in the settings
                ours |= {stood_in, github.columns.get(lead.card_stage)}
        repo = _repo(lead.issue, github.leads_repo)
        placed = self._board.place(repo, _number(lead.issue), column, restore=restore, ours=ours)
        stage = lead.stage if placed.in_place else lead.card_stage
        changed = (placed.card, stage) != (lead.card, lead.card_stage)
        return Outcome(observation=CardPlaced(item=placed.card, stage=stage) if changed else None)

    @performs("open_hub_issue")
    def open_hub_issue(self, request: EffectRequest) -> Outcome:
        """Open the hub's issue for engineering, or find the one that an earlier attempt opened."""
        if request.lead.hub_issue:
            return Outcome()
        link = self._issues.open(
            self._hub_issue(request.lead),
            since=request.lead.opened_at,
            first_attempt=_is_first_attempt(request),
        )
        return Outcome(observation=HubIssueOpened(link=link))

    @performs("update_hub_issue")
    def update_hub_issue(self, request: EffectRequest) -> Outcome:
        """Bring the hub's issue up to date: title, our block, and state."""
        self._issues.update(self._hub_issue(request.lead), _number(request.lead.hub_issue))
        return Outcome()

    @performs("post_correction")
    def post_correction(self, request: EffectRequest) -> Outcome:
        """Bring our comment about a corrected decision up to date, at the place that the effect names."""
        effect, lead, (corrected_decision,) = request.effect, request.lead, request.corrected_decisions
        assert isinstance(effect, PostCorrection)  # noqa: S101 - the workflow sends each effect to its own activity
        links = (
            (lead.issue, self._settings.github.leads_repo),
            (lead.hub_issue, self._settings.github.hubs_repo),
        )
        if effect.where == "answer":
            issues = [IssueRef(_repo(link, repo), int(link.id)) for link, repo in links if link]
            self._corrections.answer(issues, corrected_decision)
        else:
            hub = effect.where == "hub issue"
            link, repo = links[hub]
            self._corrections.comment(
                IssueRef(_repo(link, repo), _number(link)), lead, corrected_decision, hub=hub
            )
        return Outcome()

    @performs("check_issues")
    def check_issues(self, request: EffectRequest) -> Outcome:
        """Check the lead's issue and card and the hub's issue for drift."""
        effect = request.effect
        assert isinstance(effect, CheckIssues)  # noqa: S101 - the workflow sends each effect to its own activity
        return Outcome(observation=self._drift.check(request.lead, effect, self._lead_issue(request)))

    def checks(self) -> Iterator[Check]:
        """Check access to GitHub, the repositories, labels, board and columns. Changes nothing."""
        yield from dict.fromkeys(self._all_checks())  # one problem may stop several checks

    def _all_checks(self) -> Iterator[Check]:
        github, names = self._settings.github, self._policy.labels
        groups: tuple[Callable[[], Iterator[Check]], ...] = (
            self._check_rights,
            lambda: self._check_repository(github.leads_repo, names.lead, names.hub_service, names.customer),
            lambda: self._check_repository(github.hubs_repo, names.hub),
            lambda: self._board.checks(columns_of(github, self._policy).values()),
            lambda: people_checks(self._client, self._policy.people),
        )
        for checks in groups:
            try:
                yield from checks()
            except ApplicationError as error:
                yield Check("GitHub", "answers", ok=False, detail=error.message)

    # Desired states

    def _page(self, lead_id: str) -> str:
        return public_page(self._settings.temporal_ui, activity.info().namespace, lead_id)

    def _lead_issue(self, request: EffectRequest) -> DesiredIssue:
        lead = request.lead
        page = self._page(lead.id)

        def text(clip: int) -> str:
            return render(
                "github/lead_issue.md",
                lead=lead,
                step=next_step(lead),
                attention=request.attention,
                checklist=checklist(lead),
                vendor_checklist=vendor_checklist(lead),
                maniac_t=MANIAC_T,
                hub_fields=HUB_FIELDS,
                corrected_decisions=request.corrected_decisions,
                workflow_url=page,
                questionnaire_link=signed_link(self._settings, lead.id),
                duplicate_links=_duplicate_links(lead, self._page),
                follows_changes=self._settings.github.follows_changes,
                clip=clip,
            )

        return DesiredIssue(
            repo=_repo(lead.issue, self._settings.github.leads_repo),
            key=lead.id,
            title=lead.heading,
            labels=lead.labels,
            state="closed" if lead.ended else "open",
            reason=_reason(lead) if lead.ended else "reopened",
            text=text,
            boxes=tuple(item.name for item in (*checklist(lead), *vendor_checklist(lead))),
        )

    def _hub_issue(self, lead: Lead) -> DesiredIssue:
        items = todo(lead)
        down = lead.hub.decommissioned_on is not None
        closed = down or lead.ended or lead.hub.withdrawn_on is not None

        def text(clip: int) -> str:
            return render(
                "github/hub_issue.md",
                lead=lead,
                hub_fields=HUB_FIELDS,
                withheld=HUB_PERSONAL if self._settings.github.hubs_public else frozenset(),
                todo=items,
                clip=clip,
            )

        return DesiredIssue(
            repo=_repo(lead.hub_issue, self._settings.github.hubs_repo),
            key=f"{lead.id}/hub",
            title=lead.hub_heading,
            labels=(lead.policy.labels.hub,),
            state="closed" if closed else "open",
            reason=("completed" if down else _ENDED.get(lead.stage, "not_planned")) if closed else "reopened",
            text=text,
            boxes=tuple(item.name for item in items),
            free_boxes=frozenset(item.name for item in items if item.done is None),
        )

    # Checks

    def _check_rights(self) -> Iterator[Check]:
        installation = self._client.installation()
        if installation is None:
            return
        permissions = installation.permissions
        missing = [name for name in ("issues", "organization_projects") if permissions.get(name) != "write"]
        detail = f"grant the GitHub App {' and '.join(missing)} (write), and accept it for the organization"
        yield Check("GitHub", "the GitHub App has its rights", not missing, detail if missing else "")
        excess = [f"the right {right}" for right in installation.excess()]
        if installation.repository_selection == "all":
            excess.append("all repositories")
        if excess:
            detail = f"it has {', '.join(excess)}, which the service does not need: take them away in its settings at GitHub"
            yield Check("GitHub", "the GitHub App has no other rights", True, detail, warns=True)

    def _check_repository(self, repo: str, *labels: str) -> Iterator[Check]:
        found = self._client.repository(repo)
        usable = found.has_issues and not found.archived
        yield Check(
            "GitHub", f"{found.full_name} takes issues", usable, "" if usable else "switch its issues on"
        )
        if found.name.casefold() != repo.casefold():
            detail = (
                f"it was renamed to {found.name}: set {self._client.settings.setting_of(repo)}={found.name}, and restart "
                "the worker and the webhooks, before somebody gives the old name to another repository"
            )
            yield Check(
                "GitHub", f"{self._client.settings.org}/{repo} has this name", ok=False, detail=detail
            )
        yield self._check_visibility(found, repo)
        present = self._client.labels(repo)
        missing = [label for label in labels if label.casefold() not in present]
        detail = f"create {', '.join(missing)}: `leads init-repos` does" if missing else ""
        yield Check("GitHub", f"{found.full_name} has our labels", not missing, detail)

    def _check_visibility(self, found: Repository, repo: str) -> Check:
        """Check that strangers cannot read what they are not meant to."""
        github, name = self._settings.github, f"{found.full_name} shows strangers no personal data"
        if found.private:
            return Check("GitHub", name, ok=True)
        if repo == github.hubs_repo != github.leads_repo:
            detail = "it is public: make it private, or set LEADS_GITHUB__HUBS_PUBLIC=true, and its issues name nobody"
            return Check("GitHub", name, github.hubs_public, "" if github.hubs_public else detail)
        detail = "it is public, and its issues hold names, prices and addresses: make it private"
        return Check("GitHub", name, ok=False, detail=detail)


_SOON = timedelta(minutes=5)
"""Time within which the first attempt at an effect follows its decision."""
_ENDED: dict[Stage, Reason] = {Stage.LOST: "not_planned", Stage.CLOSED: "completed"}


_RELATIONS = {
    Relation.UNDECIDED: ("May be the same as", "May be a duplicate"),
    Relation.APART: ("Another one than", ""),
    Relation.MERGED: ("Merged into", "Merged into this one"),
    Relation.NONE: ("", ""),
}
"""Relation of two leads in words: as shown by the later lead, and by the earlier one."""


def _duplicate_links(lead: Lead, page: Callable[[str], str]) -> list[tuple[str, str, str]]:
    """Return each relation to another lead: in words, with the other lead's name and URL."""
    settled = [other for other in lead.originals if other.relation is not Relation.UNDECIDED]
    ours = [(_RELATIONS[other.relation][0], other) for other in (*lead.undecided, *settled)]
    theirs = [(_RELATIONS[other.relation][1], other) for other in lead.duplicates]
    return [
        (summary, other.name, other.url or page(other.lead_id))
        for summary, other in (*ours, *theirs)
        if summary
    ]


def _reason(lead: Lead) -> Reason:
    """Return GitHub's reason for closing the issue of an ended lead."""
    return "duplicate" if lead.lost and lead.lost.reason == "duplicate" else _ENDED[lead.stage]


def _is_first_attempt(request: EffectRequest) -> bool:
    """Return True if certainly no earlier attempt was made.

    A workflow that was reset repeats its effects as if they were new, but long after the decision that asked for them.
    """
    age = datetime.now(UTC) - request.lead.progressed_at
    return request.first_attempt and activity.info().attempt == 1 and age < _SOON


def _reverted(request: EffectRequest) -> tuple[Edit, ...]:
    match request.effect:
        case RevertIssue(edits=edits) | RevertCard(edits=edits):
            return edits
    return ()


def _repo(link: Link | None, default: str) -> str:
    return (link.home if link else "") or default


def _number(link: Link | None) -> int:
    if link is None:
        raise park("The issue is not open yet: retry once it is")
    return int(link.id)
