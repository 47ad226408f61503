"""Refused decisions about qualification, waiting and corrections."""

from tests.support.refused.case import TOO_LATE, Case

REFUSED: list[Case] = [
    # qualifying
    ("asked", "questionnaire_sent", {}, "The questionnaire was already sent today."),
    ("answered", "questionnaire_sent", {}, "The questionnaire was already answered on 2026-06-01."),
    ("contracted", "questionnaire_sent", {}, TOO_LATE),
    (
        "answered",
        "questionnaire_answered",
        {},
        "already answered on 2026-06-01. Give the response_id of another",
    ),
    ("answered", "questionnaire_answered", {"response_id": "one"}, "already answered"),
    ("contracted", "questionnaire_answered", {}, TOO_LATE),
    (
        "new",
        "maniac_t_assessed",
        {},
        "No letter of MANIAC-T was assessed as yes, no or unknown. Give at least one of money, authority",
    ),
    (
        "new",
        "maniac_t_assessed",
        {"need": "no"},
        "need is no without evidence. Give need_evidence. Or say unknown, which needs none.",
    ),
    (
        "new",
        "maniac_t_assessed",
        {"need_evidence": "x", "in_scope": True},
        "evidence for need but no verdict. Give need.",
    ),
    (
        "new",
        "maniac_t_assessed",
        {"need": "maybe"},
        "need: write 'yes', 'no' or 'unknown', not 'maybe'. Send",
    ),
    ("contracted", "maniac_t_assessed", {"in_scope": True}, TOO_LATE),
    (
        "new",
        "asset_attached",
        {"name": "Notes", "url": "drive"},
        "'drive' is no address of a page; it begins with https://. Give the whole address, with https://.",
    ),
    ("lost", "asset_attached", {"name": "Notes"}, "The lead is lost"),
    ("lost", "price_list_requested", {}, "The lead is lost"),
    # waiting
    ("new", "put_on_hold", {}, "Nobody would know when to go on. Give until or event."),
    ("new", "put_on_hold", {"until": "2026-05-31"}, "2026-05-31 has passed. Give a day to come."),
    ("new", "put_on_hold", {"until": "2999-01-01"}, "which can't be meant"),
    ("held", "put_on_hold", {"until": "2026-09-01", "note": "x"}, "The lead is already on hold like that."),
    ("new", "resumed", {}, "The lead is not on hold."),
    ("new", "lost", {"reason": "whatever"}, "reason: write 'budget', 'no decision'"),
    ("new", "lost", {"reason": "other"}, "“Other” says nothing. Give a note that says why."),
    ("live", "lost", {"reason": "budget"}, "Its hub is running. Decide its decommission first"),
    ("lost", "lost", {"reason": "timing"}, "The lead is lost. Reopen it first"),
    ("new", "reopened", {"reason": "x"}, "The lead is open, at lead. Go on from there."),
    ("closed", "reopened", {"reason": "x"}, "The lead is closed: its service has ended. Start a new lead."),
    # correcting
    (
        "new",
        "corrected",
        {"seq": 7, "reason": "x"},
        "There is no 7 in the timeline. Look up the decision's number in the lead's timeline.",
    ),
    (
        "new",
        "corrected",
        {"seq": 1, "reason": "x"},
        "can't be undone. Change its details (details_changed). Or merge it into the lead",
    ),
    ("accepted", "corrected", {"seq": 2, "reason": "x"}, "rests on it. Correct 3 first (corrected, seq 3)."),
    (
        "quoted",
        "corrected",
        {"seq": 2, "reason": "x", "compensate": ["hub"]},
        "No issue of the hub is open because of 2. What can be put right is mail.",
    ),
    (
        "quoted",
        "corrected",
        {"seq": 2, "reason": "x", "compensate": ["post"]},
        "compensate.0: write 'mail', 'comment', 'answer', 'hub' or 'all', not 'post'",
    ),
    ("new", "corrected", {"reason": "x"}, "seq is missing. Send an object such as"),
    ("live", "issue_replaced", {}, "No issue of this lead is known to be gone"),
    ("live", "folder_replaced", {}, "No folder of this lead is known to be gone"),
]
