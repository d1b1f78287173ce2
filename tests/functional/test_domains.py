"""Two domains: two folders of FreeSWITCH's directory, one API, one list of pages."""

import re

import pytest
from tests.functional.event_socket import settings_of

from sipapp.api import SettingsError
from sipapp.testing.fake_freeswitch import FakeEventSocket
from sipapp.testing.memory import MemoryPlugin

BRANCH = "1000@branch.example"
DOMAIN_FILE = """\
<include>
  <domain name="{name}">
    <groups>
      <group name="default">
        <users>
          <X-PRE-PROCESS cmd="include" data="{folder}/*.xml"/>
        </users>
      </group>
    </groups>
  </domain>
</include>
"""
VARS = """\
<include>
  <X-PRE-PROCESS cmd="set" data="domain={domain}"/>
  <X-PRE-PROCESS cmd="set" data="branch=branch.example"/>
</include>
"""


@pytest.fixture
def conf(tmp_path):
    """FreeSWITCH's conf directory, with a default domain and another one."""
    folder = tmp_path / "conf"
    for each in ("default", "branch"):
        (folder / "directory" / each).mkdir(parents=True)
    (folder / "vars.xml").write_text(VARS.format(domain="phone.test"))
    write_domain(folder, "default", "$${domain}")
    write_domain(folder, "branch", "$${branch}")
    return folder


def write_domain(conf, folder, name):
    file = conf / "directory" / f"{folder}.xml"
    file.write_text(DOMAIN_FILE.format(name=name, folder=folder))


def ini_of(conf, *folders):
    listed = "\n".join(str(conf / "directory" / each) for each in folders or ("default", "branch"))
    return {"sipapp.storage": "xmldir", "sipapp.storage.xmldir.directory": f"\n{listed}\n"}


@pytest.fixture
def switch(conf):
    """A FreeSWITCH that reads both folders."""
    with FakeEventSocket() as switch:
        switch.directory = conf / "directory" / "default"
        switch.domains = {"branch.example": conf / "directory" / "branch"}
        yield switch


@pytest.fixture
def app(make_app, conf, switch, tmp_path):
    secret = tmp_path / "esl-password"
    secret.write_text(switch.password)
    return make_app(
        {
            **ini_of(conf),
            **settings_of("esl", switch, secret, None),
            "sipapp.history": str(tmp_path / "history"),
        }
    )


@pytest.fixture
def api(app, make_api):
    return make_api(app)


def files(conf):
    return sorted(
        str(each.relative_to(conf / "directory")) for each in (conf / "directory").rglob("1*")
    )


def test_a_user_of_two_domains_is_two_extensions(api, conf, switch):
    for each in ("1000", BRANCH):
        created = api("POST /extensions", given={"id": each}, status=201).json
        assert (created["id"], created["accountcode"]) == (each, "1000")
        assert created["apply"]["state"] == "applied"
    assert files(conf) == ["branch/1000.xml", "default/1000.xml"]
    assert '<user id="1000">' in (conf / "directory/branch/1000.xml").read_text()
    listed = api("GET /extensions?search=branch", status=200).json["items"]
    assert [each["id"] for each in listed] == [BRANCH]
    found = api(f"GET /extensions/{BRANCH}", status=200)
    assert found.headers["ETag"] != api("GET /extensions/1000", status=200).headers["ETag"]
    asked = [each for each in switch.commands if "user_data 1000@branch.example" in each]
    assert asked


def test_a_change_of_one_leaves_the_other_and_is_undone(api, app, conf):
    for each in ("1000", BRANCH):
        api("POST /extensions", given={"id": each}, status=201)
    before = (conf / "directory/default/1000.xml").read_bytes()
    own = (conf / "directory/branch/1000.xml").read_bytes()
    changed = api(f"PATCH /extensions/{BRANCH}", given={"callgroup": "sales"}, status=200)
    assert changed.json["apply"]["state"] == "applied"
    api(f"DELETE /extensions/{BRANCH}", status=200)
    assert files(conf) == ["default/1000.xml"]
    deleted, updated, *_ = api("GET /history", status=200).json["entries"]
    assert [each["extension"] for each in (deleted, updated)] == [BRANCH, BRANCH]
    for each in (deleted, updated):
        api(f"POST /history/{each['id']}/undo", given={}, status=200)
    assert (conf / "directory/branch/1000.xml").read_bytes() == own
    assert (conf / "directory/default/1000.xml").read_bytes() == before
    assert BRANCH in app.get("/sip/admin/history").text


def test_a_rename_stays_in_its_domain(api, conf):
    api("POST /extensions", given={"id": BRANCH}, status=201)
    refused = api(f"POST /extensions/{BRANCH}/rename", given={"id": "2000"}, status=422).json
    assert refused["errors"][0]["message"].endswith("give 2000@branch.example.")
    renamed = api(
        f"POST /extensions/{BRANCH}/rename", given={"id": "2000@branch.example"}, status=200
    ).json
    assert (renamed["id"], renamed["accountcode"]) == ("2000@branch.example", "2000")
    assert (conf / "directory/branch/2000.xml").exists()


@pytest.mark.parametrize("items", [["1000@nowhere.example"], ["1001", "1000@nowhere.example"]])
def test_an_unknown_domain_is_a_fault_of_the_id(api, conf, items):
    many = len(items) > 1
    given = {"items": [{"id": each} for each in items]} if many else {"id": items[0]}
    call = "POST /batch" if many else "POST /extensions"
    (error,) = api(call, given=given, status=422).json["errors"]
    assert error["field"] == ("items[1].id" if many else "id")
    assert "There is no domain nowhere.example here" in error["message"]
    assert files(conf) == []


def test_the_form_has_a_choice_of_the_domain(app, conf):
    page = app.get("/sip/admin/new")
    choices = [each.get_text() for each in page.html.select("select[name=domain] option")]
    assert choices == ["phone.test", "branch.example"]
    assert page.html.select_one("label[for=domain]").get_text() == "Domain"
    page.form["id"] = "1000"
    page.form["domain"] = "branch.example"
    page.form["vm_password"] = "letters"
    refused = page.form.submit(status=422)
    assert refused.form["domain"].value == "branch.example"
    refused.form["vm_password"] = ""
    created = refused.form.submit("")
    assert f"Extension {BRANCH} was created" in created.text
    link = created.html.select_one("main a[href^='/sip#']")
    assert link["href"] == "/sip#extension=1000@branch.example"
    edit = app.get(f"/sip/admin/extensions/{BRANCH}")
    assert BRANCH in edit.html.h1.get_text()
    assert BRANCH in app.get("/sip/admin").html.select_one("tbody .cell-id").get_text()


def test_a_number_is_renamed_in_its_domain_on_the_page(app, api):
    api("POST /extensions", given={"id": BRANCH}, status=201)
    page = app.get(f"/sip/admin/extensions/{BRANCH}/rename")
    page.form["id"] = "2000"
    done = page.form.submit().follow()
    assert "is extension 2000@branch.example now" in done.text


def test_one_domain_has_no_choice(make_app, conf):
    app = make_app(ini_of(conf, "default"), plugins=[MemoryPlugin()])
    assert app.get("/sip/admin/new").html.select("select") == []


def write_weak_user(conf):
    """Write user 1005 of both domains, whose password is the id."""
    for each in ("default", "branch"):
        (conf / "directory" / each / "1005.xml").write_text(
            '<include>\n<user id="1005">\n<params>\n<param name="password" value="1005"/>\n'
            "</params>\n</user>\n</include>\n"
        )


def test_health_names_the_extension_of_its_domain(api, app, conf):
    write_weak_user(conf)
    found = api("GET /health/directory", status=200).json["findings"]
    of_id = {each["extension"] for each in found if each["code"].endswith("password")}
    assert of_id >= {"1005", "1005@branch.example"}


def test_a_finding_is_mended_in_its_domain(app, api, conf):
    write_weak_user(conf)
    before = (conf / "directory/default/1005.xml").read_bytes()
    page = app.get("/sip/admin/health")
    buttons = [each for each in page.forms.values() if "1005@branch.example" in str(each.html)]
    assert buttons, page.text
    buttons[0].submit()
    assert (conf / "directory/default/1005.xml").read_bytes() == before
    assert 'value="1005"' not in (conf / "directory/branch/1005.xml").read_text()


# What the ini may name


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda conf: (conf / "directory/branch.xml").unlink(), "no file in .* includes branch"),
        (lambda conf: write_domain(conf, "branch", "$${other}"), "the domain is ''"),
        (lambda conf: write_domain(conf, "branch", "a b"), "the domain is 'a b'"),
        (lambda conf: write_domain(conf, "branch", "PHONE.test"), "both belong to the domain"),
        (lambda conf: (conf / "vars.xml").unlink(), "the domain is ''"),
        (
            lambda conf: (conf / "directory/other.xml").write_text(
                DOMAIN_FILE.format(name="other.example", folder="branch")
            ),
            "the domain is 'branch.example' or 'other.example'",
        ),
        (
            lambda conf: (conf / "directory/branch.xml").write_text(
                DOMAIN_FILE.format(name="x", folder="branch").replace("</domain>", "")
            ),
            "is not well-formed",
        ),
    ],
)
def test_a_folder_of_an_unknown_domain_stops_the_start(make_app, conf, change, words):
    change(conf)
    with pytest.raises(SettingsError, match=r"sipapp\.storage\.xmldir\.directory") as caught:
        make_app(ini_of(conf), plugins=[MemoryPlugin()])
    assert re.search(words, str(caught.value))


def test_the_first_folder_may_have_a_domain_that_is_not_known(make_app, make_api, conf):
    (conf / "vars.xml").write_text(VARS.format(domain="$${local_ip_v4}"))
    app = make_app(ini_of(conf), plugins=[MemoryPlugin()])
    page = app.get("/sip/admin/new")
    assert page.html.select_one("select[name=domain] option").get_text() == "the default domain"
    api = make_api(app)
    refused = api("POST /extensions", given={"id": "1000@phone.test"}, status=422).json
    assert "There is no domain phone.test" in refused["errors"][0]["message"]


def test_the_default_domain_has_bare_ids(make_app, make_api, conf):
    api = make_api(make_app(ini_of(conf), plugins=[MemoryPlugin()]))
    refused = api("POST /extensions", given={"id": "1000@phone.test"}, status=422).json
    assert refused["errors"][0]["message"].endswith("give 1000 alone.")


def test_a_file_may_have_another_domain_without_the_folder(make_app, conf):
    other = '<domain name="empty.example"><groups></groups></domain>\n'
    file = conf / "directory/branch.xml"
    file.write_text(file.read_text().replace("<include>\n", f"<include>\n{other}"))
    page = make_app(ini_of(conf), plugins=[MemoryPlugin()]).get("/sip/admin/new")
    choices = [each.get_text() for each in page.html.select("select[name=domain] option")]
    assert choices == ["phone.test", "branch.example"]
