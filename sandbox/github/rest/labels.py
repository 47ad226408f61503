"""Labels, of a repository and on an issue."""

from sandbox.github import acts
from sandbox.github.errors import GitHubError
from sandbox.github.records import Issue
from sandbox.github.rest.call import Answer, Call, Listing, answers
from sandbox.github.rest.issues import label_names


@answers("issues/list-labels-for-repo")
def list_labels(call: Call) -> Listing:
    return Listing(call.state.labels_of(call.repository()), call.show.label)


@answers("issues/create-label")
def create_label(call: Call) -> Answer:
    repository = call.repository()
    with call.writing():
        label = acts.create_label(
            call.state,
            call.viewer,
            repository,
            name=call.body["name"],
            color=call.body.get("color"),
            description=call.body.get("description"),
        )
    return Answer(call.show.label(label), 201)


@answers("issues/get-label")
def get_label(call: Call) -> Answer:
    return Answer(call.show.label(call.label()))


@answers("issues/update-label")
def update_label(call: Call) -> Answer:
    label = call.label()
    with call.writing():
        label = acts.edit_label(
            call.state,
            call.viewer,
            label,
            name=call.body.get("new_name"),
            color=call.body.get("color"),
            description=call.body.get("description"),
        )
    return Answer(call.show.label(label))


@answers("issues/delete-label")
def delete_label(call: Call) -> Answer:
    label = call.label()
    with call.writing():
        acts.delete_label(call.state, call.viewer, label)
    return Answer(None, 204)


@answers("issues/list-labels-on-issue")
def list_labels_on_issue(call: Call) -> Listing:
    return _labels(call, call.issue())


@answers("issues/add-labels")
def add_labels(call: Call) -> Listing:
    issue = call.issue()
    with call.writing():
        issue = acts.add_labels(call.state, call.viewer, issue, _given(call))
    return _labels(call, issue)


@answers("issues/set-labels")
def set_labels(call: Call) -> Listing:
    issue = call.issue()
    with call.writing():
        issue = acts.set_labels(call.state, call.viewer, issue, _given(call))
    return _labels(call, issue)


@answers("issues/remove-all-labels")
def remove_all_labels(call: Call) -> Answer:
    issue = call.issue()
    with call.writing():
        acts.set_labels(call.state, call.viewer, issue, [])
    return Answer(None, 204)


@answers("issues/remove-label")
def remove_label(call: Call) -> Listing:
    issue = call.issue()
    with call.writing():
        issue = acts.remove_label(call.state, call.viewer, issue, call.path["name"])
    return _labels(call, issue)


def _given(call: Call) -> list[str]:
    if isinstance(call.body, list):
        return label_names(call.body)
    if "labels" not in call.body:
        raise GitHubError(422, 'Invalid request.\n\n"labels" wasn\'t supplied.')
    return label_names(call.body["labels"])


def _labels(call: Call, issue: Issue) -> Listing:
    return Listing([call.state.labels[number] for number in issue.label_ids], call.show.label)
