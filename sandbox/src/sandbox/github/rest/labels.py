"""Labels of a repository and of an issue."""

from sandbox.github import commands
from sandbox.github.errors import GitHubError
from sandbox.github.records import Issue
from sandbox.github.rest.call import ApiResponse, Call, Listing, handles
from sandbox.github.rest.issues import label_names


@handles("issues/list-labels-for-repo")
def list_labels(call: Call) -> Listing:
    """Serve `GET …/labels`."""
    return Listing(call.state.labels_of(call.repository()), call.render.label)


@handles("issues/create-label")
def create_label(call: Call) -> ApiResponse:
    """Serve `POST …/labels`."""
    repository = call.repository()
    with call.writing():
        label = commands.create_label(
            call.state,
            call.viewer,
            repository,
            name=call.body["name"],
            color=call.body.get("color"),
            description=call.body.get("description"),
        )
    return ApiResponse(call.render.label(label), 201)


@handles("issues/get-label")
def get_label(call: Call) -> ApiResponse:
    """Serve `GET …/labels/{name}`."""
    return ApiResponse(call.render.label(call.label()))


@handles("issues/update-label")
def update_label(call: Call) -> ApiResponse:
    """Serve `PATCH …/labels/{name}`."""
    label = call.label()
    with call.writing():
        label = commands.edit_label(
            call.state,
            call.viewer,
            label,
            name=call.body.get("new_name"),
            color=call.body.get("color"),
            description=call.body.get("description"),
        )
    return ApiResponse(call.render.label(label))


@handles("issues/delete-label")
def delete_label(call: Call) -> ApiResponse:
    """Serve `DELETE …/labels/{name}`."""
    label = call.label()
    with call.writing():
        commands.delete_label(call.state, call.viewer, label)
    return ApiResponse(None, 204)


@handles("issues/list-labels-on-issue")
def list_labels_on_issue(call: Call) -> Listing:
    """Serve `GET …/issues/{issue_number}/labels`."""
    return _labels(call, call.issue())


@handles("issues/add-labels")
def add_labels(call: Call) -> Listing:
    """Serve `POST …/issues/{issue_number}/labels`, and return all labels of the issue."""
    issue = call.issue()
    with call.writing():
        issue = commands.add_labels(call.state, call.viewer, issue, _given(call))
    return _labels(call, issue)


@handles("issues/set-labels")
def set_labels(call: Call) -> Listing:
    """Serve `PUT …/issues/{issue_number}/labels`, and return all labels of the issue."""
    issue = call.issue()
    with call.writing():
        issue = commands.set_labels(call.state, call.viewer, issue, _given(call))
    return _labels(call, issue)


@handles("issues/remove-all-labels")
def remove_all_labels(call: Call) -> ApiResponse:
    """Serve `DELETE …/issues/{issue_number}/labels`."""
    issue = call.issue()
    with call.writing():
        commands.set_labels(call.state, call.viewer, issue, [])
    return ApiResponse(None, 204)


@handles("issues/remove-label")
def remove_label(call: Call) -> Listing:
    """Serve `DELETE …/issues/{issue_number}/labels/{name}`, and return the remaining labels."""
    issue = call.issue()
    with call.writing():
        issue = commands.remove_label(call.state, call.viewer, issue, call.path["name"])
    return _labels(call, issue)


def _given(call: Call) -> list[str]:
    if isinstance(call.body, list):
        return label_names(call.body)
    if "labels" not in call.body:
        raise GitHubError(422, 'Invalid request.\n\n"labels" wasn\'t supplied.')
    return label_names(call.body["labels"])


def _labels(call: Call, issue: Issue) -> Listing:
    return Listing([call.state.labels[number] for number in issue.label_ids], call.render.label)
