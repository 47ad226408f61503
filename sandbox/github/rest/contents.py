"""The files of a repository."""

from sandbox.github import acts
from sandbox.github.errors import NotFoundError
from sandbox.github.rest.call import Answer, Call, answers


@answers("repos/get-content")
def get_content(call: Call) -> Answer:
    repository = call.repository("contents")
    ref = call.query.get("ref", repository.default_branch)
    if ref.removeprefix("refs/heads/") != repository.default_branch:
        raise NotFoundError(f"No commit found for the ref {ref}")
    path = call.path["path"].strip("/")
    if path in repository.files:
        return Answer(call.show.file(repository, path))
    folder = call.show.folder(repository, path)
    if folder is None:
        raise NotFoundError
    return Answer(folder)


@answers("repos/create-or-update-file-contents")
def put_content(call: Call) -> Answer:
    repository, path, body = call.repository("metadata"), call.path["path"], call.body
    was_there = path in repository.files
    who = body.get("author") or body.get("committer") or {}
    change = acts.FileChange(
        path=path,
        content=body["content"],
        message=body["message"],
        branch=body.get("branch"),
        sha=body.get("sha"),
        author=who.get("name"),
        email=who.get("email"),
    )
    with call.writing():
        commit = acts.put_file(call.state, call.viewer, repository, change)
    changed = call.state.repositories[repository.id]
    return Answer(call.show.file_commit(changed, path, commit), 200 if was_there else 201)
