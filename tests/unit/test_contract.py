import re

import pytest
from pyramid.response import Response

from sipapp.testing.checked_app import ContractBroken, check_answer
from sipapp.web.openapi.contract import Contract

DOCUMENT = {
    "paths": {
        "/things": {
            "get": {
                "operationId": "listThings",
                "responses": {
                    "200": {
                        "headers": {
                            "ETag": {"$ref": "#/components/headers/ETag"},
                            "X-Note": {"schema": {"type": "string"}},
                        },
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                        },
                    },
                    "304": {},
                },
            }
        }
    },
    "components": {
        "headers": {"ETag": {"required": True, "schema": {"type": "string"}}},
        "schemas": {
            "Thing": {"type": "object", "properties": {"secret": {"type": "integer"}}},
        },
    },
}


@pytest.fixture
def operation():
    (found,) = Contract(DOCUMENT, "/x").operations
    return found


def test_an_answer_as_described(operation):
    check_answer(operation, Response(json_body={"secret": 1}, etag="v"))
    check_answer(operation, Response(status=304))


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (Response(json_body={}, etag="v", status=201), "listThings answered 201."),
        (Response(json_body={}), "listThings left out the header ETag."),
        (Response("{}", content_type="text/plain", etag="v"), "answered with text/plain."),
        (Response(json_body={"secret": "s3cret"}, etag="v"), "$.secret of the answer breaks"),
    ],
)
def test_an_answer_that_is_not_as_described(operation, response, words):
    with pytest.raises(ContractBroken, match=re.escape(words)) as caught:
        check_answer(operation, response)
    assert "s3cret" not in str(caught.value)
