//! Operations of help: hands, the queue, looks.

use super::{Operation, delete, get, post};
use crate::{
    AnswerHand, AnswerLook, AnswerTask, Answered, AskToLook, ChangeLook, Channel, HelpQueue,
    HelpState, HelpWords, LookLine, LookView, RaiseHand, TakeHand,
};

pub(super) fn operations() -> Vec<Operation> {
    let mut all = learner();
    all.extend(teacher());
    all.extend(looks());
    all
}

fn learner() -> Vec<Operation> {
    vec![
        get(
            "/api/v1/sessions/{id}/help",
            "help",
            "The learner's hand, its answers, and who asks to look",
        )
        .reply::<HelpState>(200),
        post(
            "/api/v1/sessions/{id}/hand",
            "raiseHand",
            "Raise a hand: exactly this is sent to the course's teachers",
        )
        .body::<RaiseHand>()
        .reply::<HelpState>(201),
        delete(
            "/api/v1/sessions/{id}/hand",
            "lowerHand",
            "Take the hand back",
        )
        .reply::<HelpState>(200),
        post(
            "/api/v1/sessions/{id}/hand/words",
            "sayMore",
            "Say more, or answer back",
        )
        .body::<HelpWords>()
        .reply::<HelpState>(200),
        post(
            "/api/v1/sessions/{id}/looks/{look}",
            "answerLook",
            "Answer a teacher who asks to look, or end a look; nobody but the learner can",
        )
        .body::<AnswerLook>()
        .reply::<HelpState>(200),
        get(
            "/api/v1/sessions/{id}/looks",
            "lookLog",
            "Who has looked: the log of every request, consent, look and answer, newest first",
        )
        .reply_list::<LookLine>(200),
    ]
}

fn teacher() -> Vec<Operation> {
    vec![
        get(
            "/api/v1/courses/{course}/help",
            "helpQueue",
            "The hands that are up in a course; waits up to 20 s for something newer than `after`",
        )
        .query("after")
        .reply::<HelpQueue>(200),
        post(
            "/api/v1/courses/{course}/hands/{hand}/take",
            "takeHand",
            "Take a hand, so that no other teacher answers it by accident",
        )
        .body::<TakeHand>()
        .empty(204),
        post(
            "/api/v1/courses/{course}/hands/{hand}/answer",
            "answerHand",
            "Answer a hand; it is taken by that",
        )
        .body::<AnswerHand>()
        .reply::<Answered>(200),
        post(
            "/api/v1/courses/{course}/hands/{hand}/close",
            "closeHand",
            "Take a learner's hand down",
        )
        .empty(204),
        post(
            "/api/v1/courses/{course}/answers",
            "answerTask",
            "Answer everybody who is perhaps stuck at a task",
        )
        .body::<AnswerTask>()
        .reply::<Answered>(200),
        post(
            "/api/v1/courses/{course}/looks",
            "askToLook",
            "Ask to look over a learner's shoulder; by the rules of an exam it begins at once",
        )
        .body::<AskToLook>()
        .reply::<LookView>(201),
    ]
}

fn looks() -> Vec<Operation> {
    let channel = "/api/v1/looks/{look}/channels/{channel}";
    vec![
        get(
            "/api/v1/looks/{look}",
            "look",
            "A look of one's own; waits up to 20 s for it to be another one than `after`",
        )
        .query("after")
        .reply::<LookView>(200),
        post(
            "/api/v1/looks/{look}",
            "changeLook",
            "Ask for the keyboard, give it back, end the look",
        )
        .body::<ChangeLook>()
        .reply::<LookView>(200),
        get(
            "/api/v1/looks/{look}/terminals/{terminal}",
            "lookTerminal",
            "WebSocket: as `terminal`; what is typed is left out unless the learner gave the keyboard",
        )
        .open()
        .empty(101),
        get(
            "/api/v1/looks/{look}/displays/{app}",
            "lookDisplay",
            "WebSocket: as `display`, read-only unless the learner gave the keyboard",
        )
        .open()
        .empty(101),
        post(
            "/api/v1/looks/{look}/channels",
            "openLookChannel",
            "A channel that carries a look's sockets by long polling",
        )
        .reply::<Channel>(201),
        get(channel, "lookChannelNews", "As `channelNews`")
            .query("after")
            .empty(200),
        post(channel, "lookChannelTake", "As `channelTake`")
            .query("seq")
            .empty(204),
        delete(channel, "closeLookChannel", "End a channel and its sockets").empty(204),
    ]
}
