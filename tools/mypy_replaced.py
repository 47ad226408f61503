"""Mypy plugin for `Model.replaced(**changes)`: a call accepts the fields of its model as keywords."""

from collections.abc import Callable

from mypy.nodes import ARG_NAMED_OPT, ARG_STAR2, CallExpr, TypeInfo, Var
from mypy.plugin import MethodSigContext, Plugin
from mypy.typeops import map_type_from_supertype
from mypy.types import FunctionLike, Instance, Type, get_proper_type

MODEL = "process.types.Model"


class ReplacedPlugin(Plugin):
    """Give calls of `replaced` on a model the signature that its fields define."""

    def get_method_signature_hook(self, fullname: str) -> Callable[[MethodSigContext], FunctionLike] | None:
        return _signature if fullname.endswith(".replaced") else None


def _signature(context: MethodSigContext) -> FunctionLike:
    """Return the signature with one optional keyword for each field, of the field's type.

    A call with `**values` keeps its signature: only the check at run time knows its names.
    """
    model, call = get_proper_type(context.type), context.context
    unpacks = isinstance(call, CallExpr) and ARG_STAR2 in call.arg_kinds
    if unpacks or not isinstance(model, Instance) or not model.type.has_base(MODEL):
        return context.default_signature
    fields = _fields(model)
    return context.default_signature.copy_modified(
        arg_types=list(fields.values()),
        arg_kinds=[ARG_NAMED_OPT] * len(fields),
        arg_names=list(fields),
    )


def _fields(model: Instance) -> dict[str, Type]:
    """Return the fields of a model with their types, those of its base classes included."""
    fields: dict[str, Type] = {}
    for base in reversed(model.type.mro):
        for name, symbol in base.names.items():
            node = symbol.node
            if isinstance(node, Var) and node.type and _is_field(base, node):
                fields[name] = map_type_from_supertype(node.type, model.type, base)
    return fields


def _is_field(owner: TypeInfo, node: Var) -> bool:
    """Return True for an annotated attribute of a model that is neither private nor a class variable."""
    inside = owner.has_base(MODEL)
    return inside and not (node.is_classvar or node.name.startswith("_") or node.is_inferred)


def plugin(_version: str) -> type[Plugin]:
    """Return the plugin. Mypy calls this."""
    return ReplacedPlugin
