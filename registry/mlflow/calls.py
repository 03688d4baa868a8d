"""One route of MLflow's API: who may call it how, and every refusal in MLflow's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.translation import override
from django.views.decorators.csrf import csrf_exempt

from projects.errors import Refused
from registry.mlflow.caller import Caller, caller_of
from registry.mlflow.errors import MlflowError, absent, as_answer, invalid, of_refusal
from registry.mlflow.params import Params

Call = Callable[[Caller, Params], Any]


def route(**calls: Call) -> Callable[[HttpRequest], HttpResponse]:
    """A view that answers the given methods (`get`, `post` …); no redirect, no cookie, no HTML."""
    by_method: Mapping[str, Call] = {name.upper(): call for name, call in calls.items()}

    @csrf_exempt
    def view(request: HttpRequest) -> HttpResponse:
        with override("en"):  # clients match on words
            try:
                return _answered(request, by_method)
            except Refused as refusal:
                return as_answer(of_refusal(refusal))
            except RequestDataTooBig:
                return as_answer(invalid("The body is larger than 4 MiB."))
            except MlflowError as error:
                return as_answer(error)

    return view


def _answered(request: HttpRequest, calls: Mapping[str, Call]) -> HttpResponse:
    call = calls.get(request.method or "")
    # What answers a GET changes nothing, also when clients ask it by POST.
    caller = caller_of(request, reads=call is not None and call is calls.get("GET"))
    if call is None:
        allowed = ", ".join(calls)
        raise MlflowError(
            "METHOD_NOT_ALLOWED", f"{request.method} is not for this route: {allowed}."
        )
    body = call(caller, Params(request))
    return HttpResponse(orjson.dumps(body), content_type="application/json")


def no_run(caller: Caller, params: Params) -> Any:
    """Clients look up a run before they register what it made; the portal keeps none."""
    raise absent("The portal keeps no runs. Register the model by the address of its weights.")


@csrf_exempt
def missing_route(request: HttpRequest, path: str = "") -> HttpResponse:
    """What is no route of ours; the client then says that the server does not know it."""
    message = f"The portal serves MLflow's model registry, and no route “{path[:100]}”."
    return as_answer(MlflowError("ENDPOINT_NOT_FOUND", message))
