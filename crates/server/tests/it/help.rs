//! Raised hands, their answers, and looks over the shoulder: each rule, and what nobody may do.

use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};
use labwright_server::Clock;
use labwright_testkit::Polled;
use serde_json::{Value, json};

use crate::world::{Browser, Heard, World};

const QUEUE: &str = "/api/v1/courses/nets/help";
const LOOKS: &str = "/api/v1/courses/nets/looks";
/// Longest wait for what has to come.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ada at work: her browser, her session's path, her page's socket.
struct Ada {
    browser: Browser,
    path: String,
    id: Value,
    page: labwright_testkit::Socket,
}

async fn ada(world: &World) -> Ada {
    let browser = world.browser("ada").await;
    let path = browser.launch("nets", "tiny").await;
    let id = browser.get("/api/v1/me").await.ok()["id"].clone();
    let page = page(&browser, &path).await;
    Ada {
        browser,
        path,
        id,
        page,
    }
}

/// A page of the session that has heard how it is.
async fn page(browser: &Browser, path: &str) -> labwright_testkit::Socket {
    let hello = json!({ "token": browser.token });
    let mut page = browser.socket(&format!("{path}/events"), hello).await;
    page.event(|event| event["type"] == "session").await;
    page
}

impl Ada {
    async fn hears(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        let fits = |event: &Value| event["type"] == "help" && fits(&event["help"]);
        self.page.event(fits).await["help"].clone()
    }

    async fn raise(&self, more: Value) -> Value {
        let mut body = json!({ "step": 1, "task": "made", "words": "What do I do?" });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        let path = format!("{}/hand", self.path);
        let raised = self.browser.post(&path, body);
        raised.await.ok()["hand"].clone()
    }

    async fn help(&self) -> Value {
        self.browser.get(&format!("{}/help", self.path)).await.ok()
    }

    async fn answer(&self, look: &str, answer: &str) -> labwright_testkit::Answer {
        let path = format!("{}/looks/{look}", self.path);
        self.browser.post(&path, json!({ "answer": answer })).await
    }

    async fn terminal(&self) -> String {
        let view = self.browser.get(&self.path).await.ok();
        view["terminals"][0]["id"].as_str().unwrap().to_owned()
    }

    /// What the log says, oldest first.
    async fn log(&self) -> Vec<String> {
        let log = self.browser.get(&format!("{}/looks", self.path)).await.ok();
        let lines = log.as_array().unwrap().iter().rev();
        let word = |line: &Value| {
            let more = [&line["what"], &line["end"]];
            let more = more.iter().find_map(|more| more.as_str());
            let act = line["act"].as_str().unwrap();
            more.map_or(act.to_owned(), |more| format!("{act} {more}"))
        };
        lines.map(word).collect()
    }

    /// The log with this line, which may come after its event: nothing holds an end up.
    async fn log_has(&self, line: &str) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let log = self.log().await;
            if log.iter().any(|known| known == line) {
                return log;
            }
            assert!(Instant::now() < until, "`{line}` is not in {log:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn queue(teacher: &Browser, after: &Value) -> Value {
    teacher.get(&format!("{QUEUE}?after={after}")).await.ok()
}

/// Tom opens a terminal of Ada's in a look.
async fn at_terminal(tom: &Browser, ada: &Ada, look: &str) -> labwright_testkit::Socket {
    let hello = json!({ "token": tom.token, "cols": 80, "rows": 24 });
    let path = format!("/api/v1/looks/{look}/terminals/{}", ada.terminal().await);
    let mut socket = tom.socket(&path, hello).await;
    assert_eq!(socket.text().await["type"], "attached");
    socket
}

/// Waits until a look is over for this reason.
async fn comes_to(tom: &Browser, look: &str, end: &str) {
    let until = Instant::now() + PATIENCE;
    while view(tom, look).await["end"] != end {
        assert!(Instant::now() < until, "it did not end as {end}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

fn hand_path(hand: &Value, verb: &str) -> String {
    let id = hand["id"].as_str().unwrap();
    format!("/api/v1/courses/nets/hands/{id}/{verb}")
}

/// Tom asks to look; the look's id.
async fn ask(tom: &Browser, ada: &Ada) -> String {
    let asked = tom.post(LOOKS, json!({ "lab": "tiny", "learner": ada.id }));
    asked.await.ok()["id"].as_str().unwrap().to_owned()
}

async fn view(tom: &Browser, look: &str) -> Value {
    tom.get(&format!("/api/v1/looks/{look}")).await.ok()
}

async fn wish(tom: &Browser, look: &str, wish: &str) -> labwright_testkit::Answer {
    let path = format!("/api/v1/looks/{look}");
    tom.post(&path, json!({ "wish": wish })).await
}

#[tokio::test]
async fn a_hand_is_raised_seen_answered_and_answered_back() {
    let world = World::new().await;
    let (tom, mut ada) = (world.browser("tom").await, ada(&world).await);
    let before = queue(&tom, &json!(0)).await;
    assert_eq!(before["hands"], json!([]));
    // The queue waits for the hand.
    let (queued, hand) = tokio::join!(queue(&tom, &before["stamp"]), async {
        let check = format!("{}/tasks/made/check", ada.path);
        ada.browser.post(&check, json!({})).await.ok();
        let all = ada
            .browser
            .get(&format!("{}/attempts", ada.path))
            .await
            .ok();
        let tail = json!({ "of": "client", "text": "# ls\n" });
        let along = json!({ "attempts": [all[0]["at"], 1], "tail": tail });
        ada.raise(along).await
    });
    assert_eq!((&hand["place"], &hand["attempts"]), (&json!(1), &json!(1)));
    let seen = &queued["hands"][0];
    assert_eq!(seen["name"], "ada Somebody");
    assert_eq!(
        (&seen["here"], &seen["waits"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(seen["task_title"], "Make the file");
    assert_eq!(seen["words"], "What do I do?");
    assert_eq!(seen["attempts"][0]["verdict"], "not_yet");
    assert_eq!(seen["attempts"].as_array().unwrap().len(), 1);
    assert_eq!(seen["tail"]["text"], "# ls\n");
    // It is on her page, and there after a reload.
    let told = ada.hears(|help| help["hand"]["place"] == 1).await;
    assert_eq!(told["on_duty"], true, "his page has the queue open");
    assert_eq!(told["teachers"], json!(["tom Somebody"]));

    let answer = json!({ "words": "Try touch." });
    let told = tom.post(&hand_path(&hand, "answer"), answer).await.ok();
    assert_eq!(told["learners"], 1);
    let help = ada
        .hears(|help| help["said"][0]["words"] == "Try touch.")
        .await;
    assert_eq!(help["said"][0]["teacher"], "tom Somebody");
    assert_eq!(help["hand"]["place"], Value::Null, "it waits no more");
    assert_eq!(ada.help().await["said"], help["said"]);
    let back = json!({ "words": "What is touch?" });
    let words = format!("{}/hand/words", ada.path);
    ada.browser.post(&words, back).await.ok();
    let queued = queue(&tom, &queued["stamp"]).await;
    assert_eq!(queued["hands"][0]["waits"], true);
    assert_eq!(queued["hands"][0]["said"][1]["teacher"], Value::Null);
    tom.post(&hand_path(&hand, "close"), json!({})).await.ok();
    let help = ada.hears(|help| help["hand"]["up"] == false).await;
    assert_eq!(help["hand"]["down"], "closed");
    assert_eq!(
        help["said"].as_array().unwrap().len(),
        2,
        "the answer stays"
    );
    assert_eq!(ada.log().await, ["answered"]);
    let late = tom
        .post(&hand_path(&hand, "answer"), json!({ "words": "x" }))
        .await;
    assert_eq!(late.code(), "hand_down");
}

#[tokio::test]
async fn one_hand_each_which_can_be_taken_back_and_goes_down_when_the_task_is_done() {
    let world = World::new().await;
    let mut ada = ada(&world).await;
    ada.raise(json!({ "task": "count" })).await;
    let hand = format!("{}/hand", ada.path);
    let twice = ada.browser.post(&hand, json!({ "step": 1 })).await;
    assert_eq!(
        (twice.status, twice.code()),
        (StatusCode::CONFLICT, "hand_up".into())
    );
    for wrong in [
        json!({ "step": 0 }),
        json!({ "step": 9 }),
        json!({ "step": 2, "task": "made" }),
        json!({ "step": 1, "words": "x".repeat(2_001) }),
        json!({ "step": 1, "attempts": [1, 2, 3, 4, 5, 6] }),
        json!({ "step": 1, "tail": { "of": "x", "text": "x".repeat(16_001) } }),
    ] {
        let answer = ada.browser.post(&hand, wrong.clone()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let lowered = ada.browser.send(Method::DELETE, &hand, None, &[]).await;
    assert_eq!(lowered.ok()["hand"]["down"], "lowered");
    let help = ada.hears(|help| help["hand"]["down"] == "lowered").await;
    assert_eq!(help["hand"]["place"], Value::Null);
    // Too often: the next one is for later.
    let mut last = StatusCode::OK;
    for _ in 0..10 {
        last = ada.browser.post(&hand, json!({ "step": 9 })).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_hand_goes_down_by_itself_when_its_task_is_done() {
    let world = World::new().await;
    let mut ada = ada(&world).await;
    ada.raise(json!({ "task": "count" })).await;
    let check = format!("{}/tasks/count/check", ada.path);
    ada.browser
        .post(&check, json!({ "answer": "5" }))
        .await
        .ok();
    assert_eq!(ada.help().await["hand"]["up"], true);
    ada.browser
        .post(&check, json!({ "answer": "4" }))
        .await
        .ok();
    let help = ada.hears(|help| help["hand"]["up"] == false).await;
    assert_eq!(help["hand"]["down"], "done");
}

#[tokio::test]
async fn two_teachers_do_not_answer_the_same_by_accident() {
    let world = World::with(|config| config.courses[0].teachers.push("uma".into())).await;
    let (tom, uma) = (world.browser("tom").await, world.browser("uma").await);
    let ada = ada(&world).await;
    let hand = ada.raise(json!({})).await;
    let path = hand_path(&hand, "take");
    let (first, second) = tokio::join!(tom.post(&path, json!({})), uma.post(&path, json!({})),);
    let taken = [&first, &second].map(|answer| answer.status == StatusCode::NO_CONTENT);
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 1, "{taken:?}");
    let (has, has_not) = if taken[0] { (&tom, &uma) } else { (&uma, &tom) };
    let words = json!({ "words": "By accident" });
    let refused = has_not
        .post(&hand_path(&hand, "answer"), words.clone())
        .await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::CONFLICT, "hand_taken".into())
    );
    assert!(
        refused.text.contains("Somebody has taken this hand"),
        "{}",
        refused.text
    );
    has.post(&hand_path(&hand, "answer"), words.clone())
        .await
        .ok();
    // On purpose it is possible.
    let over = json!({ "over": true });
    has_not.post(&hand_path(&hand, "take"), over).await.ok();
    has_not.post(&hand_path(&hand, "answer"), words).await.ok();
    let foreign = uma
        .post("/api/v1/courses/other/hands/none/take", json!({}))
        .await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    let elsewhere = hand_path(&hand, "take").replace("nets", "other");
    assert_eq!(
        uma.post(&elsewhere, json!({})).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn an_answer_goes_to_everybody_who_is_stuck_at_the_task() {
    let world = World::new().await;
    let (tom, bob) = (world.browser("tom").await, world.browser("bob").await);
    let ada = ada(&world).await;
    let bobs = bob.launch("nets", "tiny").await;
    for _ in 0..3 {
        let check = format!("{bobs}/tasks/made/check");
        bob.post(&check, json!({})).await.ok();
    }
    let hand = ada.raise(json!({})).await;
    let seen = queue(&tom, &json!(0)).await;
    assert_eq!(seen["hands"][0]["stuck_too"], 1);
    let answer = json!({ "words": "To all", "all": true });
    let told = tom.post(&hand_path(&hand, "answer"), answer).await.ok();
    assert_eq!(told["learners"], 2);
    let help = bob.get(&format!("{bobs}/help")).await.ok();
    assert_eq!(help["said"][0]["words"], "To all");
    assert_eq!(help["said"][0]["all_at"], "Make the file");
    let log = bob.get(&format!("{bobs}/looks")).await.ok();
    assert_eq!(log[0]["act"], "answered_all");
    let more = json!({ "lab": "tiny", "task": "made", "words": "Again" });
    let told = tom.post("/api/v1/courses/nets/answers", more).await.ok();
    assert_eq!(told["learners"], 1);
}

#[tokio::test]
async fn nothing_is_seen_before_consent_and_nothing_is_typed_by_it() {
    let world = World::new().await;
    let (tom, mut ada) = (world.browser("tom").await, ada(&world).await);
    let terminal = ada.terminal().await;
    let (mut hers, _) = ada
        .browser
        .attach(&format!("{}/terminals/{terminal}", ada.path), None)
        .await;
    hers.until("# ").await;
    hers.type_in(b"echo before\n").await;
    hers.until("before\r\n").await;

    let look = ask(&tom, &ada).await;
    let asked = ada.hears(|help| help["look"]["watching"] == false).await;
    assert_eq!(asked["look"]["teacher"], "tom Somebody");
    let seen = format!("/api/v1/looks/{look}/terminals/{terminal}");
    for tom in tom.both_ways() {
        let hello = json!({ "token": tom.token, "cols": 10, "rows": 10 });
        assert_eq!(tom.socket(&seen, hello).await.closed().await, 4403);
    }
    assert_eq!(view(&tom, &look).await["apps"], json!([]));

    ada.answer(&look, "allow").await.ok();
    ada.hears(|help| help["look"]["watching"] == true).await;
    let shown = view(&tom, &look).await;
    assert_eq!(shown["apps"][0]["cols"], 80, "as large as hers");
    // Live and with what was before, on both ways; typing goes nowhere.
    for tom in tom.both_ways() {
        let hello = json!({ "token": tom.token, "cols": 10, "rows": 10 });
        let mut his = tom.socket(&seen, hello).await;
        assert_eq!(his.text().await["type"], "attached");
        his.until("before\r\n").await;
        his.type_in(b"echo his\n").await;
        his.say(json!({ "type": "resize", "cols": 1, "rows": 1 }))
            .await;
        hers.type_in(b"echo after\n").await;
        let all = his.until("after\r\n").await;
        assert!(!all.contains("his"), "{all}");
        hers.until("after\r\n").await;
    }

    ada.answer(&look, "end").await.ok();
    assert_eq!(
        ada.log().await,
        ["asked", "allowed", "saw client", "ended learner"]
    );
}

#[tokio::test]
async fn the_keyboard_is_a_question_of_its_own_and_goes_back_at_once() {
    let world = World::new().await;
    let (tom, mut ada) = (world.browser("tom").await, ada(&world).await);
    let terminal = ada.terminal().await;
    let (mut hers, _) = ada
        .browser
        .attach(&format!("{}/terminals/{terminal}", ada.path), None)
        .await;
    let look = ask(&tom, &ada).await;
    ada.answer(&look, "allow").await.ok();
    let seen = format!("/api/v1/looks/{look}/terminals/{terminal}");
    // Nobody has asked for it.
    assert_eq!(ada.answer(&look, "give_keys").await.code(), "look_over");
    wish(&tom, &look, "ask_keys").await.ok();
    ada.hears(|help| help["look"]["keys"] == "asked").await;
    ada.answer(&look, "give_keys").await.ok();
    let hello = json!({ "token": tom.token, "cols": 10, "rows": 10 });
    let mut his = tom.socket(&seen, hello).await;
    assert_eq!(his.text().await["type"], "attached");
    his.type_in(b"echo typed\n").await;
    hers.until("typed\r\n").await;
    ada.answer(&look, "keep_keys").await.ok();
    his.type_in(b"echo refused\n").await;
    hers.type_in(b"echo hers\n").await;
    let all = hers.until("hers\r\n").await;
    assert!(!all.contains("refused"), "{all}");

    ada.answer(&look, "end").await.ok();
    assert_eq!(his.closed().await, 4403, "at once");
    let over = view(&tom, &look).await;
    assert_eq!(
        (&over["end"], &over["apps"]),
        (&json!("learner"), &json!([]))
    );
    let log = ada.log().await;
    assert_eq!(
        log,
        [
            "asked",
            "allowed",
            "keys_asked",
            "keys_given",
            "saw client",
            "keys_back",
            "ended learner"
        ]
    );
}

#[tokio::test]
async fn consent_is_the_learners_alone_for_one_look_and_once() {
    let world = World::new().await;
    let (tom, bob) = (world.browser("tom").await, world.browser("bob").await);
    let ada = ada(&world).await;
    let look = ask(&tom, &ada).await;
    let path = format!("{}/looks/{look}", ada.path);
    let allow = || json!({ "answer": "allow" });
    // Neither the teacher nor another learner says yes for her, by no way there is.
    for somebody in [&tom, &bob] {
        let status = somebody.post(&path, allow()).await.status;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    let bobs = bob.launch("nets", "tiny").await;
    let foreign = bob.post(&format!("{bobs}/looks/{look}"), allow()).await;
    assert_eq!(foreign.code(), "look_over");
    let nonsense = wish(&tom, &look, "allow").await;
    assert_eq!(nonsense.status, StatusCode::BAD_REQUEST);
    assert_eq!(view(&tom, &look).await["watching"], false);

    // A second question waits until the first is over.
    let again = json!({ "lab": "tiny", "learner": ada.id });
    assert_eq!(tom.post(LOOKS, again).await.code(), "look_taken");
    ada.answer(&look, "refuse").await.ok();
    let refused = view(&tom, &look).await;
    assert_eq!(refused["end"], "refused");
    // What was said to one look says nothing about this one or the next.
    assert_eq!(ada.answer(&look, "allow").await.code(), "look_over");
    let second = ask(&tom, &ada).await;
    assert_eq!(ada.answer(&look, "allow").await.code(), "look_over");
    assert_eq!(view(&tom, &second).await["watching"], false);
    ada.answer(&second, "allow").await.ok();
    assert_eq!(ada.answer(&second, "allow").await.code(), "look_over");
    wish(&tom, &second, "end").await.ok();
    assert_eq!(ada.answer(&second, "allow").await.code(), "look_over");
    assert_eq!(
        ada.log().await,
        [
            "asked",
            "refused refused",
            "asked",
            "allowed",
            "ended teacher"
        ]
    );
}

#[tokio::test]
async fn a_look_at_a_desktop_is_read_only_until_the_keyboard_is_given() {
    let world = World::new().await;
    let (tom, ada) = (world.browser("tom").await, ada(&world).await);
    let look = ask(&tom, &ada).await;
    ada.answer(&look, "allow").await.ok();
    let path = format!("/api/v1/looks/{look}/displays/app-4");
    // What the page says of its rights counts for nothing.
    let hello = json!({ "token": tom.token, "read_only": false });
    let mut screen = tom.socket(&path, hello.clone()).await;
    assert_eq!(screen.text().await["type"], "attached");
    wish(&tom, &look, "ask_keys").await.ok();
    ada.answer(&look, "give_keys").await.ok();
    assert_eq!(screen.closed().await, 1012, "come back with other rights");
    let mut screen = tom.socket(&path, hello.clone()).await;
    assert_eq!(screen.text().await["type"], "attached");
    ada.answer(&look, "keep_keys").await.ok();
    assert_eq!(
        screen.closed().await,
        1012,
        "nothing that is typed now goes on"
    );
    let absent = path.replace("app-4", "app-1");
    assert_eq!(tom.socket(&absent, hello).await.closed().await, 4404);
    assert!(ada.log().await.contains(&"saw client".to_owned()));
}

#[tokio::test]
async fn a_look_ends_with_the_session_a_sign_out_and_the_learners_page() {
    let world = World::new().await;
    let (tom, ada) = (world.browser("tom").await, ada(&world).await);
    let terminal = ada.terminal().await;
    let seen = |look: &str| format!("/api/v1/looks/{look}/terminals/{terminal}");
    let hello = |tom: &Browser| json!({ "token": tom.token, "cols": 80, "rows": 24 });

    // The learner signs out where it was allowed.
    let look = ask(&tom, &ada).await;
    let elsewhere = world.browser("ada").await;
    let path = format!("{}/looks/{look}", ada.path);
    elsewhere
        .post(&path, json!({ "answer": "allow" }))
        .await
        .ok();
    let mut his = tom.socket(&seen(&look), hello(&tom)).await;
    assert_eq!(his.text().await["type"], "attached");
    elsewhere.post("/api/v1/sign-out", json!({})).await.ok();
    while !matches!(his.next().await, Heard::Closed(4403)) {}

    // The teacher signs out.
    let fleeting = world.browser("tom").await;
    let look = ask(&fleeting, &ada).await;
    ada.answer(&look, "allow").await.ok();
    let mut his = fleeting.socket(&seen(&look), hello(&fleeting)).await;
    assert_eq!(his.text().await["type"], "attached");
    fleeting.post("/api/v1/sign-out", json!({})).await.ok();
    while !matches!(his.next().await, Heard::Closed(4401 | 4403)) {}

    // Her page goes; then nobody can be asked either.
    let look = ask(&tom, &ada).await;
    ada.answer(&look, "allow").await.ok();
    let Ada {
        browser,
        path,
        id,
        page,
    } = ada;
    drop(page);
    comes_to(&tom, &look, "learner_gone").await;
    let uma = json!({ "lab": "tiny", "learner": id });
    let refused = tom.post(LOOKS, uma).await;
    assert!(["learner_away", "too_many"].contains(&refused.code().as_str()));
    let page = self::page(&browser, &path).await;
    let ada = Ada {
        browser,
        path,
        id,
        page,
    };
    let mut log = ada.log_has("ended learner_gone").await;
    log.retain(|line| line.starts_with("ended"));
    assert_eq!(
        log,
        ["ended signed_out", "ended signed_out", "ended learner_gone"]
    );
}

#[tokio::test]
async fn a_question_lapses_and_a_look_ends_when_their_time_is_over() {
    let clock = Clock::by_hand();
    let world = World::by_clock(clock.clone(), |_| {}).await;
    let (tom, ada) = (world.browser("tom").await, ada(&world).await);
    // His page asks for news all the time, by this clock every half a minute.
    let pass = async |look: &str, from: i64, minutes: i64| {
        for half in 1..2 * minutes {
            clock.set_ahead(from + half * 30_000);
            assert_eq!(view(&tom, look).await["end"], Value::Null, "half {half}");
        }
        // Longer than the task that ends looks sleeps.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let seen = view(&tom, look).await;
        assert_eq!(seen["end"], Value::Null, "it ended too early");
        clock.set_ahead(from + minutes * 60_000 + 1_000);
    };
    let asked = ask(&tom, &ada).await;
    pass(&asked, 0, 2).await;
    assert_eq!(ada.answer(&asked, "allow").await.code(), "look_over");
    comes_to(&tom, &asked, "unanswered").await;

    let look = ask(&tom, &ada).await;
    ada.answer(&look, "allow").await.ok();
    let mut his = at_terminal(&tom, &ada, &look).await;
    pass(&look, 121_000, 10).await;
    while !matches!(his.next().await, Heard::Closed(4403)) {}
    comes_to(&tom, &look, "time").await;
    ada.log_has("lapsed unanswered").await;
    ada.log_has("ended time").await;
}

#[tokio::test]
async fn a_look_ends_when_the_teachers_page_is_silent() {
    let clock = Clock::by_hand();
    let world = World::by_clock(clock.clone(), |_| {}).await;
    let (tom, ada) = (world.browser("tom").await, ada(&world).await);
    let look = ask(&tom, &ada).await;
    ada.answer(&look, "allow").await.ok();
    let mut his = at_terminal(&tom, &ada, &look).await;
    clock.set_ahead(35_000);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(view(&tom, &look).await["watching"], true);
    // An open terminal alone is no sign that somebody sits there.
    clock.set_ahead(80_000);
    while !matches!(his.next().await, Heard::Closed(4403)) {}
    comes_to(&tom, &look, "teacher_gone").await;
    ada.log_has("ended teacher_gone").await;
}

#[tokio::test]
async fn a_look_ends_with_the_session() {
    let world = World::new().await;
    let (tom, ada) = (world.browser("tom").await, ada(&world).await);
    let look = ask(&tom, &ada).await;
    ada.answer(&look, "allow").await.ok();
    ada.browser
        .post(&format!("{}/end", ada.path), json!({}))
        .await
        .ok();
    comes_to(&tom, &look, "session").await;
    assert_eq!(ada.answer(&look, "allow").await.code(), "look_over");
}

#[tokio::test]
async fn the_rules_of_an_exam_are_told_all_the_time_and_logged() {
    let world = World::with(|config| config.courses[0].exam = true).await;
    let (tom, mut ada) = (world.browser("tom").await, ada(&world).await);
    ada.hears(|help| help["exam"] == true).await;
    assert_eq!(queue(&tom, &json!(0)).await["exam"], true);
    let look = ask(&tom, &ada).await;
    let seen = ada.hears(|help| help["look"]["watching"] == true).await;
    assert_eq!(seen["look"]["exam"], true);
    assert_eq!(view(&tom, &look).await["watching"], true);
    let ended = ada.answer(&look, "end").await;
    assert_eq!(ended.status, StatusCode::FORBIDDEN);
    // Typing is asked for even then.
    let _his = at_terminal(&tom, &ada, &look).await;
    wish(&tom, &look, "ask_keys").await.ok();
    ada.answer(&look, "keep_keys").await.ok();
    wish(&tom, &look, "end").await.ok();
    assert_eq!(
        ada.log().await,
        [
            "exam",
            "saw client",
            "keys_asked",
            "keys_refused",
            "ended teacher"
        ]
    );
}

#[tokio::test]
async fn a_restart_ends_looks_and_keeps_hands_and_the_log() {
    let world = World::new().await;
    let (tom, ada) = (world.browser("tom").await, ada(&world).await);
    let hand = ada.raise(json!({})).await;
    let look = ask(&tom, &ada).await;
    ada.answer(&look, "allow").await.ok();
    let path = ada.path.clone();
    drop(ada);
    let world = world.restart().await;
    let (tom, browser) = (world.browser("tom").await, world.browser("ada").await);
    let gone = tom.get(&format!("/api/v1/looks/{look}")).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let log = browser.get(&format!("{path}/looks")).await.ok();
    assert_eq!(
        (&log[0]["act"], &log[0]["end"]),
        (&json!("ended"), &json!("restart"))
    );
    let seen = queue(&tom, &json!(0)).await;
    assert_eq!(seen["hands"][0]["id"], hand["id"]);
    // What somebody polls is a page as well.
    let mut polled = Polled::open(&browser, &format!("{path}/events"))
        .await
        .unwrap();
    polled.say(&json!({ "token": browser.token })).await;
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while queue(&tom, &json!(0)).await["hands"][0]["here"] != true {
        assert!(std::time::Instant::now() < until, "not there");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
