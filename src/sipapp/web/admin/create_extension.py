"""The page that creates an extension."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render_to_response
from pyramid.request import Request
from pyramid.response import Response

from sipapp.changes.service import Saved
from sipapp.model.errors import FieldError, SipappError
from sipapp.model.extension import FIELD_NAMES
from sipapp.web.admin.form_fields import DOMAIN, ID, creation_form, with_domain
from sipapp.web.admin.generated_secrets import made_secrets, phone_url
from sipapp.web.admin.messages import Message, flash, outcome, weak_secrets
from sipapp.web.admin.page_frame import page
from sipapp.web.admin.refusals import refusal


def new(request: Request) -> dict[str, Any]:
    """Show the form."""
    return creation_page(request, {})


def create(request: Request) -> Response | dict[str, Any]:
    """Make the extension, and show once what secrets it got."""
    typed = {name: request.form.get(name, "") for name in (ID.name, DOMAIN.name, *FIELD_NAMES)}
    extension_id = with_domain(typed[ID.name].strip(), typed[DOMAIN.name])
    # The form says that a field left empty gets the usual value.
    values = {name: typed[name] for name in FIELD_NAMES if typed[name]}
    try:
        saved = request.extensions.create(extension_id, values)
    except SipappError as error:
        refused = refusal(error, "Nothing was saved", has_field=(ID.name,))
        return creation_page(
            request, typed, refused.errors, messages=refused.messages, status=refused.status
        )
    return _created(request, saved)


def creation_page(
    request: Request,
    typed: Mapping[str, str],
    errors: Iterable[FieldError] = (),
    *,
    messages: Sequence[Message] = (),
    status: int = 200,
) -> dict[str, Any]:
    """Show the form with what was typed and what is wrong with it."""
    request.response.status_int = status
    domains = request.extensions.domains()
    return page(request, "New extension", messages, form=creation_form(typed, errors, domains))


def _created(request: Request, saved: Saved) -> Response:
    done = outcome(f"Extension {saved.extension.id} was created", saved.apply)
    messages = [done, *weak_secrets(saved.extension, FIELD_NAMES)]
    if not saved.generated:
        for each in messages:
            flash(request, each)
        return HTTPSeeOther(request.route_path("admin"))
    values = page(
        request,
        f"Extension {saved.extension.id}",
        messages,
        extension=saved.extension,
        secrets=made_secrets(saved),
        phone_url=phone_url(request, saved.extension.id),
    )
    return render_to_response(
        "sipapp:web/templates/admin_created.pt", values, request=request, response=request.response
    )
