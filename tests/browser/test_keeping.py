"""Staying registered on this device, and what the device knows of it."""

import hashlib
import re

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import forgive

# All that a page can keep, as text. A CryptoKey stands for itself: its bytes are nowhere.
STORED = """async () => {
  const found = { cookie: document.cookie, address: location.href, databases: {} };
  found.local = { ...localStorage };
  found.session = { ...sessionStorage };
  const result = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const plain = (key, value) => {
    if (value instanceof CryptoKey) return { extractable: value.extractable };
    if (value instanceof ArrayBuffer) value = new Uint8Array(value);
    return ArrayBuffer.isView(value) ? String.fromCharCode(...value) : value;
  };
  for (const { name } of await indexedDB.databases()) {
    const database = await result(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const all = await result(database.transaction(store).objectStore(store).getAll());
      found.databases[store] = JSON.parse(JSON.stringify(all, plain));
    }
    database.close();
  }
  found.caches = [];
  for (const name of await caches.keys()) {
    const requests = await (await caches.open(name)).keys();
    found.caches.push(...requests.map(({ url }) => new URL(url).pathname));
  }
  return found;
}"""


def stored_by(phone):
    return phone.page.evaluate(STORED)["databases"]


def registered_as(phone, number):
    expect(phone.status(re.compile(rf"^Registered as {number}$"))).to_be_visible()


@pytest.fixture
def kept_phone(open_phone, make_extension):
    """A phone that was told to stay registered on its device."""
    number, password = make_extension()
    phone = open_phone()
    phone.page.get_by_label("Keep me registered on this device").check()
    phone.register(number, password)
    phone.page.wait_for_function("() => localStorage.getItem('sipapp.kept') !== null")
    return number, password, phone


def test_a_kept_phone_registers_by_itself(kept_phone, open_tab, registered_phone):
    number, _, phone = kept_phone
    _, caller = registered_phone()

    phone.page.reload()

    registered_as(phone, number)
    caller.call(number)
    phone.button("Answer").click()
    phone.expect_in_call()
    phone.button("Hang up").click()
    caller.expect_idle()
    # And so does another tab, which follows the first.
    registered_as(open_tab(phone), number)


def test_the_password_is_nowhere_and_ha1_cannot_be_read(kept_phone, application):
    number, password, phone = kept_phone
    realm = application.switch.domain
    ha1 = hashlib.md5(f"{number}:{realm}:{password}".encode()).hexdigest()  # noqa: S324  (SIP's)

    stored = phone.page.evaluate(STORED)

    assert password not in str(stored)
    assert ha1 not in str(stored)
    assert stored["databases"]["keys"] == [{"extractable": False}]
    assert len(stored["databases"]["credentials"]) == 1


def test_a_phone_forgets_its_registration_unless_told_to_keep_it(open_phone, make_extension):
    number, password = make_extension()
    phone = open_phone()
    phone.register(number, password)

    phone.page.reload()

    expect(phone.extension).to_have_value(number)
    assert phone.page.evaluate(STORED)["databases"]["credentials"] == []


def test_forgetting_the_device_leaves_nothing(kept_phone, registered_phone):
    number, _, phone = kept_phone
    _, caller = registered_phone()
    caller.call(number)
    phone.button("Decline").click()
    caller.expect_idle()
    phone.wait_until(lambda: len(stored_by(phone).get("calls", [])) == 1)

    phone.forget_device()

    expect(phone.status(re.compile(r"^Not registered$"))).to_be_visible()
    phone.wait_until(lambda: not any(stored_by(phone).values()))
    stored = phone.page.evaluate(STORED)
    # The program itself may stay, for the next start.
    assert [path for path in stored["caches"] if not path.startswith(("/static/", "/sip"))] == []
    assert stored["local"] == {}
    assert stored["session"] == {}
    phone.page.reload()
    expect(phone.extension).to_have_value("")


def test_a_credential_that_is_refused_is_dropped(kept_phone, application, faults):
    number, _, phone = kept_phone
    answer = application.api(
        "POST", f"/extensions/{number}/password", {"password": "another-Secret-77"}
    )
    assert answer.status == 200, answer

    phone.page.reload()

    expect(phone.status(re.compile(r"^Registration failed: \S"))).to_be_visible()
    phone.page.wait_for_function("() => localStorage.getItem('sipapp.kept') === null")
    phone.register(number, "another-Secret-77")
    # The phone's API refused it as well, and so a question of the session that ended with it.
    forgive(faults, "status of 403", "status of 401")
