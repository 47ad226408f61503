"""Effects: what a lead asks of the outside world, a module per system."""

from process.effects.base import AnyEffect, Effect
from process.effects.drive import CheckFolder, CreateFolder, PrepareInvoice, ReserveIds
from process.effects.github import (
    CheckIssues,
    OpenHubIssue,
    OpenIssue,
    PlaceCard,
    PostCorrection,
    RevertCard,
    RevertHubIssue,
    RevertIssue,
    UpdateHubIssue,
    UpdateIssue,
    revert_effects,
)
from process.effects.internal import CollectMessages, NotifyLeads, RecordEvents
from process.effects.mail import SendCorrection, SendMail
from process.effects.reading import ReadAnswers, ReadPrices

__all__ = [
    "AnyEffect",
    "CheckFolder",
    "CheckIssues",
    "CollectMessages",
    "CreateFolder",
    "Effect",
    "NotifyLeads",
    "OpenHubIssue",
    "OpenIssue",
    "PlaceCard",
    "PostCorrection",
    "PrepareInvoice",
    "ReadAnswers",
    "ReadPrices",
    "RecordEvents",
    "ReserveIds",
    "RevertCard",
    "RevertHubIssue",
    "RevertIssue",
    "SendCorrection",
    "SendMail",
    "UpdateHubIssue",
    "UpdateIssue",
    "revert_effects",
]
