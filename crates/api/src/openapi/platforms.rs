//! Operations about course platforms.

use super::{Operation, delete, get, post};
use crate::{
    LaunchCode, Launched, NewDeployment, NewPlatform, PickChoices, PickLink, Picked, Platform,
    PlatformTest, Platforms, RegistrationLink, RosterView,
};

/// Course platforms (LTI 1.3).
pub(super) fn operations() -> Vec<Operation> {
    let all = "/api/v1/operator/platforms";
    let mut operations = launches();
    operations.extend([
        get(
            all,
            "platforms",
            "Course platforms, and what a new one needs to know",
        )
        .reply::<Platforms>(200),
        post(all, "addPlatform", "Register a course platform")
            .body::<NewPlatform>()
            .reply::<Platform>(201),
        post(
            "/api/v1/operator/platforms/links",
            "registrationLink",
            "A link that lets a platform register by itself, once",
        )
        .reply::<RegistrationLink>(201),
        post(
            "/api/v1/operator/platforms/{platform}",
            "changePlatform",
            "Change a course platform; its links and scores stay",
        )
        .body::<NewPlatform>()
        .reply::<Platform>(200),
        post(
            "/api/v1/operator/platforms/{platform}/deployments",
            "addDeployment",
            "Add a deployment to a platform",
        )
        .body::<NewDeployment>()
        .reply::<Platform>(200),
        post(
            "/api/v1/operator/platforms/{platform}/test",
            "testPlatform",
            "Ask the platform's addresses and say what is wrong with the registration",
        )
        .reply::<PlatformTest>(200),
        post(
            "/api/v1/courses/{course}/roster",
            "refreshRoster",
            "Ask the course's platform for its learners now",
        )
        .reply::<RosterView>(200),
        delete(
            "/api/v1/operator/platforms/{platform}",
            "removePlatform",
            "Forget a platform, its links and what waits to be sent to it",
        )
        .empty(204),
    ]);
    operations
}

fn launches() -> Vec<Operation> {
    vec![
        post(
            "/api/v1/lti/launches",
            "redeemLaunch",
            "The token of a launch, once",
        )
        .open()
        .body::<LaunchCode>()
        .reply::<Launched>(200),
        post(
            "/api/v1/lti/choices",
            "pickChoices",
            "What a teacher can pick",
        )
        .open()
        .body::<LaunchCode>()
        .reply::<PickChoices>(200),
        post("/api/v1/lti/picks", "pick", "Take a teacher's choice")
            .open()
            .body::<PickLink>()
            .reply::<Picked>(200),
        get(
            "/lti/login",
            "ltiLogin",
            "LTI 1.3: a platform begins a sign-in",
        )
        .open()
        .empty(302),
        post("/lti/login", "ltiLoginForm", "LTI 1.3: the same, as a form")
            .open()
            .empty(302),
        post(
            "/lti/launch",
            "ltiLaunch",
            "LTI 1.3: a platform's signed message, as a form",
        )
        .open()
        .empty(303),
        get("/lti/jwks", "ltiKeys", "LTI 1.3: the tool's public keys")
            .open()
            .empty(200),
        get(
            "/lti/register/{code}",
            "ltiRegister",
            "LTI 1.3 dynamic registration; the platform adds `openid_configuration`",
        )
        .open()
        .empty(200),
        get(
            "/in/{registration}/{path}",
            "framedPage",
            "The page, where a course platform may frame it",
        )
        .open()
        .empty(200),
    ]
}
