"""Files of a repository."""

from sandbox.github import commands
from sandbox.github.errors import NotFoundError
from sandbox.github.rest.call import ApiResponse, Call, handles


@handles("repos/get-content")
def get_content(call: Call) -> ApiResponse:
    """Serve `GET …/contents/{path}`: a file, or the list of a folder. There is only the default branch."""
    repository = call.repository("contents")
    ref = call.query.get("ref", repository.default_branch)
    if ref.removeprefix("refs/heads/") != repository.default_branch:
        raise NotFoundError(f"No commit found for the ref {ref}")
    path = call.path["path"].strip("/")
    if path in repository.files:
        return ApiResponse(call.render.file(repository, path))
    folder = call.render.folder(repository, path)
    if folder is None:
        raise NotFoundError
    return ApiResponse(folder)


@handles("repos/create-or-update-file-contents")
def put_content(call: Call) -> ApiResponse:
    """Serve `PUT …/contents/{path}`: 201 for a new file, 200 for a changed one."""
    repository, path, body = call.repository("metadata"), call.path["path"], call.body
    was_there = path in repository.files
    author = body.get("author") or body.get("committer") or {}
    change = commands.FileChange(
        path=path,
        content=body["content"],
        message=body["message"],
        branch=body.get("branch"),
        sha=body.get("sha"),
        author=author.get("name"),
        email=author.get("email"),
    )
    with call.writing():
        commit = commands.put_file(call.state, call.viewer, repository, change)
    changed = call.state.repositories[repository.id]
    return ApiResponse(call.render.file_commit(changed, path, commit), 200 if was_there else 201)
