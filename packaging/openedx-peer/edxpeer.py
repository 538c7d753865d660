#!/usr/bin/env python3
"""A loopback-only LTI 1.3 test peer: the REAL Open edX LTI consumer (PyPI
`lti-consumer-xblock`) running outside edx-platform.

Everything that speaks LTI (OIDC authentication response, id_token, JWKS, OAuth2
token, AGS, NRPS, Deep Linking, grade publishing) is the unmodified PyPI package.
This file is only the glue edx-platform would provide: settings, URLs, a user /
enrolment / external-id / grade table and shims for the edx-platform modules
`lti_consumer.plugin.compat` imports.

    python edxpeer.py serve --port 8100 --login URL --launch URL --jwks URL
    GET  /peer/config               registration data for the tool (JSON, one per block)
    GET  /peer/login?user=alice     log the browser in (test users: see USERS)
    GET  /peer/block/<name>         courseware page: the real XBlock student_view
    GET  /peer/start/<name>         302 to the tool's OIDC login URL (API-style start)
    GET  /peer/deeplink/<name>      302 to the deep-linking launch (staff only)
    GET  /peer/state                everything in the platform's DB (scores, grades, ...)
    POST /peer/block/<name>         JSON of XBlock fields to change (e.g. {"due": "2020-01-01T00:00:00Z"})
"""
import argparse, json, os, sys, tempfile, types, uuid

HERE = os.path.dirname(os.path.abspath(__file__))
if __name__ == "__main__":          # make `edxpeer` importable under its own name
    sys.path.insert(0, HERE)
    import edxpeer
    sys.exit(edxpeer.main())

ap = argparse.ArgumentParser()
ap.add_argument("cmd", choices=["serve", "check"])
ap.add_argument("--port", type=int, default=8100)
ap.add_argument("--host", default="127.0.0.1", help="host name in the issuer URL; bind is always 127.0.0.1")
ap.add_argument("--login", default="http://127.0.0.1:8200/login")
ap.add_argument("--launch", default="http://127.0.0.1:8200/launch")
ap.add_argument("--deeplink", default="http://127.0.0.1:8200/launch")
ap.add_argument("--jwks", default="http://127.0.0.1:8200/jwks")
ap.add_argument("--lab", default="", help="custom parameter `labwright` of the blocks decl and dbcfg: course/lab[/step]")
ap.add_argument("--db", default="", help="sqlite file to keep; default: a fresh one in the temp directory")
ap.add_argument("--quiet", action="store_true")
ap.add_argument("--browser", action="store_true", help="session cookies as edx-platform sets them for Deep Linking: "
                "SameSite=None and Secure, which browsers send to localhost also without https")
ARGS = ap.parse_args()
BASE = f"http://{ARGS.host}:{ARGS.port}"
COURSE = "course-v1:Peer+LTI101+2026"
# user: (full name, LMS role as edx-platform names it, is_staff, enrolled)
USERS = {"alice": ("Alice Learner", "student", False, True), "bob": ("Bob Learner", "student", False, True),
         "ivy": ("Ivy Instructor", "instructor", False, True), "sam": ("Sam Staff", "staff", False, True),
         "root": ("Global Staff", "instructor", True, True), "zoe": ("Zoë Ünïcode 學生", "student", False, True),
         "mallory": ("Not Enrolled", "student", False, False)}
# three placements, one per configuration store / AGS mode the consumer has
BLOCKS = {"decl": dict(store="new", ags="declarative"), "prog": dict(store="new", ags="programmatic"),
          "dbcfg": dict(store="database", ags="programmatic")}

from django.conf import settings
if not ARGS.db:
    ARGS.db = os.path.join(tempfile.mkdtemp(prefix="edxpeer-"), "peer.sqlite3")
settings.configure(
    SECRET_KEY="peer-test-only", DEBUG=False, ALLOWED_HOSTS=["127.0.0.1", "localhost"], ROOT_URLCONF="edxpeer",
    USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.AutoField", PLATFORM_NAME="Open edX peer",
    LMS_ROOT_URL=BASE, LTI_BASE=BASE, LTI_API_BASE=BASE, SERVICE_VARIANT="lms", LEARNING_MICROFRONTEND_URL=BASE,
    # the two values below are edx-platform's own patterns (lms/envs/common.py)
    USAGE_KEY_PATTERN=r"(?P<usage_key_string>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))",
    USAGE_ID_PATTERN=r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions",
                    "rest_framework", "django_filters", "config_models", "waffle", "statici18n",
                    "lti_consumer.apps.LTIConsumerApp", "edxpeer"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware",
                "django.contrib.auth.middleware.AuthenticationMiddleware",
                "crum.CurrentRequestUserMiddleware",
                "edx_django_utils.cache.middleware.RequestCacheMiddleware",
                "edx_django_utils.cache.middleware.TieredCacheMiddleware"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3",
                           "NAME": ARGS.db, "ATOMIC_REQUESTS": True,      # as in edx-platform's LMS
                           "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"}}},
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
                "OPTIONS": {"context_processors": ["django.template.context_processors.request"]}}],
    **(dict(SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True) if ARGS.browser else {}),
    STATIC_URL="/static/", LTI_NRPS_DISALLOW_PII=False, LTI_CUSTOM_PARAM_TEMPLATES={},
    LOGGING={"version": 1, "disable_existing_loggers": False,
             "handlers": {"c": {"class": "logging.StreamHandler"}},
             "root": {"handlers": ["c"], "level": "ERROR" if ARGS.quiet else "INFO"}},
)

# ---- shims for the edx-platform modules lti_consumer.plugin.compat imports ------------------------
def shim(dotted, **attrs):
    parts = dotted.split(".")
    for i in range(1, len(parts) + 1):
        name = ".".join(parts[:i])
        if name not in sys.modules:
            m = types.ModuleType(name); m.__path__ = []
            sys.modules[name] = m
            if i > 1: setattr(sys.modules[".".join(parts[:i - 1])], parts[i - 1], m)
    for k, v in attrs.items(): setattr(sys.modules[dotted], k, v)

from django.dispatch import Signal
SCORE_PUBLISHED = Signal()
class SignalHandler:                                   # xmodule.modulestore.django.SignalHandler
    pre_item_delete = Signal()
class CourseWaffleFlag:                                # every lti_consumer flag is off, except the DB store
    def __init__(self, name, module): self.name = name
    def is_enabled(self, course_key=None): return self.name.endswith("enable_database_config")
class OverEnrollmentLimitException(Exception): pass
class Store:                                           # xmodule.modulestore.django.modulestore()
    def get_item(self, location): return load_block(location)
    def update_item(self, block, user): block.save(); return block

shim("openedx.core.djangoapps.waffle_utils", CourseWaffleFlag=CourseWaffleFlag)
shim("openedx.core.djangoapps.xblock", api=types.SimpleNamespace(load_block=lambda loc, u: load_block(loc)))
shim("openedx.core.lib.courses", get_course_by_id=lambda k: COURSE_OBJ, clean_course_id=lambda f: None)
shim("xmodule.modulestore.django", modulestore=Store, SignalHandler=SignalHandler)
shim("lms.djangoapps.grades.api", signals=types.SimpleNamespace(SCORE_PUBLISHED=SCORE_PUBLISHED))
shim("lms.djangoapps.courseware.access", has_access=lambda u, act, obj, key=None: enrolled(u))
shim("lms.djangoapps.courseware.courses",
     check_course_access=lambda c, u, act, check_if_enrolled=True, check_if_authenticated=True: enrolled(u))
shim("lms.djangoapps.courseware.block_render",
     get_block_for_descriptor=lambda user, block, **kw: bind(block, user))
shim("lms.djangoapps.course_api.api", get_course_members=lambda key: course_members())
shim("lms.djangoapps.course_api.exceptions", OverEnrollmentLimitException=OverEnrollmentLimitException)
shim("lms.djangoapps.discussion.django_comment_client.utils", get_user_role_names=lambda u, c: set())
shim("common.djangoapps.student.auth", has_studio_write_access=lambda u, key: is_author(u))
shim("common.djangoapps.util.block_utils", yield_dynamic_block_descendants=lambda b, u: iter(()))
# merge_course_forum_roles() takes the `Role model` path only when this import works; leave it absent.

import django
django.setup()

# ---- the tables edx-platform would have -----------------------------------------------------------
from django.contrib.auth import get_user_model, login as auth_login
from django.contrib.auth.models import AnonymousUser
from django.db import models
User = get_user_model()

class UserProfile(models.Model):
    user = models.OneToOneField(User, related_name="profile", on_delete=models.CASCADE)
    name = models.CharField(max_length=255)
    role = models.CharField(max_length=64)
    enrolled = models.BooleanField(default=True)
    class Meta: app_label = "edxpeer"

class ExternalIdType(models.Model):
    name = models.CharField(max_length=32, unique=True)
    class Meta: app_label = "edxpeer"

class ExternalId(models.Model):                        # openedx.core.djangoapps.external_user_ids.models
    external_user_id = models.UUIDField(default=uuid.uuid4, unique=True)
    external_id_type = models.ForeignKey(ExternalIdType, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    class Meta: app_label = "edxpeer"
    @classmethod
    def batch_get_or_create_user_ids(cls, users, type_name):
        t, _ = ExternalIdType.objects.get_or_create(name=type_name)
        return {u.id: cls.objects.get_or_create(user=u, external_id_type=t)[0] for u in users}

class BlockState(models.Model):                        # modulestore settings + courseware_studentmodule
    key = models.CharField(max_length=400, unique=True)
    value = models.TextField()
    class Meta: app_label = "edxpeer"

class Grade(models.Model):                             # what lms.djangoapps.grades would record
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    block = models.CharField(max_length=255)
    value = models.FloatField(null=True)
    max_value = models.FloatField(null=True)
    at = models.DateTimeField(auto_now=True)
    class Meta: app_label = "edxpeer"; unique_together = (("user", "block"),)

shim("openedx.core.djangoapps.external_user_ids.models", ExternalId=ExternalId, ExternalIdType=ExternalIdType)

def enrolled(user): return bool(getattr(user, "is_authenticated", False) and user.profile.enrolled)
def is_author(user): return bool(getattr(user, "is_authenticated", False) and
                                 (user.is_staff or user.profile.role in ("instructor", "staff")))
def course_members():                                  # shape of course_api.api.get_course_members
    return {p.user_id: {"id": p.user_id, "username": p.user.username, "email": p.user.email, "name": p.name,
                        "roles": ["student"] if p.role == "student" else ["student", p.role]}
            for p in UserProfile.objects.filter(enrolled=True).select_related("user")}

class COURSE_OBJ:
    display_name_with_default, display_org_with_default, lti_passports = "LTI 101", "Peer", []

# ---- XBlock runtime around the real LtiConsumerXBlock ---------------------------------------------
from opaque_keys.edx.keys import CourseKey, UsageKey
from xblock.core import XBlockMixin
from xblock.fields import Boolean, DateTime as Date, Field, Scope, ScopeIds
from xblock.reference.user_service import UserService, XBlockUser
from xblock.runtime import KeyValueStore, KvsFieldData, MemoryIdManager, NullI18nService, Runtime
from lti_consumer.lti_xblock import LtiConsumerXBlock
from lti_consumer.models import (CourseAllowPIISharingInLTIFlag, Lti1p3Passport, LtiAgsLineItem, LtiAgsScore,
                                 LtiConfiguration, LtiDlContentItem)
from lti_consumer import api as lti_api

class DbKvs(KeyValueStore):
    def _k(self, key): return json.dumps([str(p) for p in (key.scope.name or key.scope, key.user_id, key.block_scope_id, key.field_name)])
    def get(self, key):
        row = BlockState.objects.filter(key=self._k(key)).first()
        if row is None: raise KeyError(key.field_name)
        return json.loads(row.value)
    def set(self, key, value):
        BlockState.objects.update_or_create(key=self._k(key), defaults={"value": json.dumps(value, default=str)})
    def delete(self, key): BlockState.objects.filter(key=self._k(key)).delete()
    def has(self, key): return BlockState.objects.filter(key=self._k(key)).exists()

class PeerUserService(UserService):
    def __init__(self, user): super().__init__(); self.user = user
    def get_current_user(self):
        u, auth = self.user, bool(getattr(self.user, "is_authenticated", False))
        x = XBlockUser(is_current_user=True, full_name=u.profile.name if auth else "",
                       emails=[u.email] if auth else [])
        x.opt_attrs = {"edx-platform.is_authenticated": auth}
        if auth:
            x.opt_attrs.update({"edx-platform.user_id": u.id, "edx-platform.username": u.username,
                                "edx-platform.user_role": u.profile.role, "edx-platform.user_is_staff": u.is_staff,
                                "edx-platform.anonymous_user_id": f"anon-{u.id}",
                                "edx-platform.user_preferences": {"pref-lang": "en"}})
        return x
    def get_external_user_id(self, type_name):
        return ExternalId.batch_get_or_create_user_ids([self.user], type_name)[self.user.id].external_user_id

class Rebind:
    def rebind_noauth_module_to_user(self, block, user): bind(block, user)

class PeerRuntime(Runtime):
    def __init__(self, user):
        super().__init__(id_reader=MemoryIdManager(), id_generator=MemoryIdManager(),
                         services={"i18n": NullI18nService(), "user": PeerUserService(user), "rebind_user": Rebind(),
                                   "field-data": KvsFieldData(DbKvs())})
    def handler_url(self, block, handler_name, suffix="", query="", thirdparty=False):
        return f"{BASE}/peer/handler/{block.scope_ids.usage_id}/{handler_name}"
    def resource_url(self, resource): return f"{BASE}/static/{resource}"
    def local_resource_url(self, block, uri): return f"{BASE}/static/{uri}"
    def publish(self, block, event_type, event):
        if event_type == "grade":
            Grade.objects.update_or_create(user_id=event["user_id"], block=str(block.scope_ids.usage_id),
                                           defaults={"value": event["value"], "max_value": event["max_value"]})

class Inherited(XBlockMixin):                          # the fields edx-platform's InheritanceMixin adds to every block
    due = Date(scope=Scope.settings, default=None)
    start = Date(scope=Scope.settings, default=None)
    graceperiod = Field(scope=Scope.settings, default=None)
    graded = Boolean(scope=Scope.settings, default=True)
class PeerBlock(Inherited, LtiConsumerXBlock): pass

def usage(name): return CourseKey.from_string(COURSE).make_usage_key("lti_consumer", name)
def load_block(location, user=None):
    user = user or AnonymousUser()
    rt = PeerRuntime(user)
    return PeerBlock(rt, KvsFieldData(DbKvs()),
                             scope_ids=ScopeIds(getattr(user, "id", None), "lti_consumer", location, location))
def bind(block, user):
    block.save()
    block.runtime = PeerRuntime(user)
    block.scope_ids = block.scope_ids._replace(user_id=user.id)
    block._field_data_cache.clear()
    return block

def seed():
    from django.core.management import call_command
    from django.db import connection
    call_command("migrate", verbosity=0)
    if UserProfile._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as ed:
            for m in (UserProfile, ExternalIdType, ExternalId, BlockState, Grade): ed.create_model(m)
    if User.objects.exists(): return
    for name, (full, role, staff, enr) in USERS.items():
        u = User.objects.create_user(name, f"{name}@peer.example", "x", is_staff=staff)
        UserProfile.objects.create(user=u, name=full, role=role, enrolled=enr)
    CourseAllowPIISharingInLTIFlag.objects.create(course_id=CourseKey.from_string(COURSE), enabled=True)
    for name, b in BLOCKS.items():
        passport = Lti1p3Passport.objects.create(name=name, lti_1p3_tool_keyset_url=ARGS.jwks)
        block = load_block(usage(name))
        block.display_name = f"Lab {name}"; block.lti_version = "lti_1p3"; block.config_type = b["store"]
        block.lti_1p3_passport_id = str(passport.passport_id)
        block.has_score, block.weight = True, 10.0
        block.ask_to_send_username = block.ask_to_send_full_name = block.ask_to_send_email = True
        # prog gets its lab by Deep Linking
        block.custom_parameters = [f"labwright={ARGS.lab}"] if ARGS.lab and name != "prog" else []
        if b["store"] == "new":
            block.lti_1p3_launch_url, block.lti_1p3_oidc_url = ARGS.launch, ARGS.login
            block.lti_1p3_tool_keyset_url = ARGS.jwks; block.lti_1p3_tool_key_mode = "keyset_url"
            block.lti_advantage_ags_mode = b["ags"]; block.lti_1p3_enable_nrps = True
            block.lti_advantage_deep_linking_enabled = True
            block.lti_advantage_deep_linking_launch_url = ARGS.deeplink
            block.save()
        else:
            block.save()
            LtiConfiguration.objects.create(
                version="lti_1p3", config_store="CONFIG_ON_DB", location=usage(name), lti_1p3_passport=passport,
                lti_1p3_oidc_url=ARGS.login, lti_1p3_launch_url=ARGS.launch, lti_advantage_enable_nrps=True,
                lti_advantage_deep_linking_enabled=True, lti_advantage_deep_linking_launch_url=ARGS.deeplink,
                lti_advantage_ags_mode=b["ags"])

# ---- test-only control surface --------------------------------------------------------------------
from django.http import HttpResponse, HttpResponseForbidden, HttpResponseRedirect, JsonResponse
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.clickjacking import xframe_options_exempt

def v_login(request):
    auth_login(request, User.objects.get(username=request.GET["user"]), "django.contrib.auth.backends.ModelBackend")
    nxt = request.GET.get("next", "")
    return HttpResponseRedirect(nxt) if nxt.startswith("/") else JsonResponse({"user": request.GET["user"]})

def v_config(request):
    out = {}
    for name in BLOCKS:
        cfg = lti_api._get_lti_config_for_block(load_block(usage(name)))
        cons = cfg.get_lti_consumer()
        p = cfg.lti_1p3_passport
        out[name] = {"issuer": cons.iss, "client_id": cons.client_id, "deployment_id": cons.deployment_id,
                     "auth_url": f"{BASE}/api/lti_consumer/v1/launch/",
                     "keyset_url": f"{BASE}/api/lti_consumer/v1/public_keysets/{p.passport_id}",
                     "token_url": f"{BASE}/api/lti_consumer/v1/token/{p.passport_id}",
                     "block": str(usage(name)), "config_pk": cfg.id}
    return JsonResponse(out)

@csrf_exempt
def v_block(request, name):
    block = load_block(usage(name), request.user)
    if request.method == "POST":
        for k, v in json.loads(request.body).items():
            setattr(block, k, block.fields[k].from_json(v))
        block.save()
        return JsonResponse({"ok": True})
    if not enrolled(request.user): return HttpResponseForbidden("not enrolled")
    frag = block.student_view({})
    # the block's own script (needs edx-platform's jQuery) sets the iframe's src after asking for consent to share PII
    js = "document.querySelectorAll('#lti-iframe-container').forEach(d => d.querySelector('iframe').src = d.dataset.target)"
    # the frame's size, as the block's own style sheet says
    css = "<style>.ltiLaunchFrame { width: 100%; height: 100%; border: 0 }</style>"
    return HttpResponse(f"<!doctype html><title>course</title>{css}<body>{frag.content}<script>{js}</script></body>")

def v_start(request, name):
    if not enrolled(request.user): return HttpResponseForbidden("not enrolled")
    block = load_block(usage(name), request.user)
    return HttpResponseRedirect(block._get_lti_block_launch_handler())

def v_deeplink(request, name):
    if not is_author(request.user): return HttpResponseForbidden("not an author")
    block = load_block(usage(name), request.user)
    return HttpResponseRedirect(lti_api.get_lti_1p3_launch_start_url(block.get_lti_1p3_launch_data(), deep_link_launch=True))

def v_state(request):
    return JsonResponse({
        "lineitems": list(LtiAgsLineItem.objects.values("id", "lti_configuration_id", "resource_id", "label", "score_maximum", "tag")),
        "scores": [dict(r, timestamp=r["timestamp"].isoformat()) for r in LtiAgsScore.objects.values(
            "line_item_id", "user_id", "score_given", "score_maximum", "activity_progress", "grading_progress", "comment", "timestamp")],
        "grades": [{"user": g.user.username, "block": g.block, "value": g.value, "max": g.max_value} for g in Grade.objects.select_related("user")],
        "dl_items": list(LtiDlContentItem.objects.values("lti_configuration_id", "content_type", "attributes")),
        "external_ids": {e.user.username: str(e.external_user_id) for e in ExternalId.objects.select_related("user")},
    }, safe=False)

urlpatterns = [
    path("peer/login", v_login), path("peer/config", v_config), path("peer/state", v_state),
    path("peer/block/<str:name>", v_block), path("peer/start/<str:name>", v_start),
    path("peer/deeplink/<str:name>", v_deeplink),
    path("api/", include("lti_consumer.plugin.urls", namespace="lti_consumer")),
]

def main():
    seed()
    if ARGS.cmd == "check":
        print(json.dumps(json.loads(v_config(None).content), indent=1)); return 0
    from django.core.management import call_command
    print(f"edxpeer on {BASE} (bound to 127.0.0.1)", flush=True)
    call_command("runserver", f"127.0.0.1:{ARGS.port}", use_reloader=False, skip_checks=True)
    return 0
