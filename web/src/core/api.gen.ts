/// Types of the HTTP API, generated from docs/openapi.json by `npm run api`. Do not edit.

export interface paths {
    "/api/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This description */
        get: operations["openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The person's courses and labs */
        get: operations["courses"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/answers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Answer everybody who is perhaps stuck at a task */
        post: operations["answerTask"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/class-list": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Read a roster, or apply it: whole, and nobody leaves by it */
        post: operations["classList"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/class-list/undo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Undo the last roster; who has worked in the course stays */
        post: operations["undoClassList"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/hands/{hand}/answer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Answer a hand; it is taken by that */
        post: operations["answerHand"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/hands/{hand}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take a learner's hand down */
        post: operations["closeHand"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/hands/{hand}/take": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take a hand, so that no other teacher answers it by accident */
        post: operations["takeHand"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/help": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The hands that are up in a course; waits up to 20 s for something newer than `after` */
        get: operations["helpQueue"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make an invitation link */
        post: operations["makeInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/invitations/{invitation}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Close an invitation */
        delete: operations["revokeInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/labs/{lab}/board": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A lab of a course, everybody at once: all with `after` 0, else what changed since that stamp, waiting up to 20 s for something to change */
        get: operations["board"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/labs/{lab}/extensions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a learner more time for a lab, or take it back */
        post: operations["giveTime"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/labs/{lab}/kept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The learner's saved files of a lab */
        get: operations["kept"];
        put?: never;
        /** Files for the learner's next session of the lab: `multipart/form-data`, one archive a node, whose name is the part's; all or none are taken. 409 while a session is open */
        post: operations["putKept"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/labs/{lab}/kept/{node}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One node's archive */
        get: operations["keptOf"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/labs/{lab}/results": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far the learner is in a lab, over all places; `attempts` is empty */
        get: operations["carried"];
        put?: never;
        /** Hand in what was done in a browser; answers and queries are judged again */
        post: operations["handIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/labs/{lab}/rule": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Set dates and tries of a lab; scores are counted anew */
        post: operations["setRule"];
        /** The configured dates and tries hold again */
        delete: operations["unsetRule"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/looks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask to look over a learner's shoulder; by the rules of an exam it begins at once */
        post: operations["askToLook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The people of a course, its invitations and its last roster */
        get: operations["people"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The progress of everyone in a course */
        get: operations["progress"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/roster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask the course's platform for its learners now */
        post: operations["refreshRoster"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/scores": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everybody's scores, and what course platforms were told */
        get: operations["scores"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/scores/comparison": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Ask the course platforms what they have; may take as long as they do */
        get: operations["compareScores"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/scores/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All that was sent about a learner (the account's id), newest first */
        get: operations["scoreHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/courses/{course}/scores/resend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send learners' last scores again */
        post: operations["resendScores"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/invitations/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What an invitation link leads to */
        get: operations["invitation"];
        put?: never;
        /** Make an account from an invitation, or join the course with the account of the token */
        post: operations["join"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/line/bytes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** So many bytes (`n`, at most 1 MiB) that nothing on the way can compress */
        get: operations["lineDown"];
        put?: never;
        /** Takes any body of at most 256 KiB and forgets it */
        post: operations["lineUp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/line/held": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An answer that is held back for 3 s, as long polling does */
        get: operations["lineHeld"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/line/socket": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** WebSocket: says every message back, at most 64 of 1 KiB within 20 s */
        get: operations["lineSocket"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/looks/{look}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A look of one's own; waits up to 20 s for it to be another one than `after` */
        get: operations["look"];
        put?: never;
        /** Ask for the keyboard, give it back, end the look */
        post: operations["changeLook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/looks/{look}/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A channel that carries a look's sockets by long polling */
        post: operations["openLookChannel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/looks/{look}/channels/{channel}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** As `channelNews` */
        get: operations["lookChannelNews"];
        put?: never;
        /** As `channelTake` */
        post: operations["lookChannelTake"];
        /** End a channel and its sockets */
        delete: operations["closeLookChannel"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/looks/{look}/displays/{app}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** WebSocket: as `display`, read-only unless the learner gave the keyboard */
        get: operations["lookDisplay"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/looks/{look}/terminals/{terminal}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** WebSocket: as `terminal`; what is typed is left out unless the learner gave the keyboard */
        get: operations["lookTerminal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lti/choices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** What a teacher can pick */
        post: operations["pickChoices"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lti/launches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The token of a launch, once */
        post: operations["redeemLaunch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/lti/picks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take a teacher's choice */
        post: operations["pick"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who the token belongs to */
        get: operations["me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All that is held on the person: a zip of data.json and saved files */
        get: operations["myData"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/erasure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the person will be erased */
        get: operations["erasure"];
        put?: never;
        /** Ask that all that is held on the person be erased, after some days */
        post: operations["askErasure"];
        /** Take that back */
        delete: operations["undoErasure"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operator/platforms": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Course platforms, and what a new one needs to know */
        get: operations["platforms"];
        put?: never;
        /** Register a course platform */
        post: operations["addPlatform"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operator/platforms/{platform}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Change a course platform; its links and scores stay */
        post: operations["changePlatform"];
        /** Forget a platform, its links and what waits to be sent to it */
        delete: operations["removePlatform"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operator/platforms/{platform}/deployments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Add a deployment to a platform */
        post: operations["addDeployment"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operator/platforms/{platform}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ask the platform's addresses and say what is wrong with the registration */
        post: operations["testPlatform"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operator/platforms/links": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A link that lets a platform register by itself, once */
        post: operations["registrationLink"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operator/privacy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who asked to be erased, and what the ends of courses would erase now */
        get: operations["operatorPrivacy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operator/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every living session */
        get: operations["operatorSessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/operator/sessions/{id}/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Stop a session; its files are saved */
        post: operations["operatorStop"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/privacy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the operator of this server promises */
        get: operations["privacy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start a lab; the session of it that lives, or the sleeping one resumed, if there is one */
        post: operations["startSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A session */
        get: operations["session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/apps/{app}/ticket": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** The address that opens a web or page tab, once */
        post: operations["openApp"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/assets/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A picture or download of the lab */
        get: operations["asset"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/attempts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every check of the session, oldest first */
        get: operations["attempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/captures/{source}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** WebSocket: packets of a network, or of `node:network`; CaptureHello, then CaptureClient and CaptureServer; pcapng in binary messages */
        get: operations["capture"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A channel that carries a page's sockets by long polling, where WebSockets are blocked */
        post: operations["openChannel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/channels/{channel}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The batch of records after batch `after`, as soon as there is one (octets; see Channel) */
        get: operations["channelNews"];
        put?: never;
        /** Sends the page's batch `seq` of records (octets; see Channel) */
        post: operations["channelTake"];
        /** End a channel and its sockets */
        delete: operations["closeChannel"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/displays/{app}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** WebSocket: DisplayHello, then DisplayServer; RFB in binary messages */
        get: operations["display"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a session; its files are saved */
        post: operations["end"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** WebSocket: EventsHello, then EventsClient and ServerEvent */
        get: operations["events"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/extend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** More time for a session */
        post: operations["extend"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/hand": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Raise a hand: exactly this is sent to the course's teachers */
        post: operations["raiseHand"];
        /** Take the hand back */
        delete: operations["lowerHand"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/hand/words": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Say more, or answer back */
        post: operations["sayMore"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/help": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The learner's hand, its answers, and who asks to look */
        get: operations["help"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/looks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who has looked: the log of every request, consent, look and answer, newest first */
        get: operations["lookLog"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/looks/{look}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Answer a teacher who asks to look, or end a look; nobody but the learner can */
        post: operations["answerLook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Start a node, or all of them, afresh */
        post: operations["reset"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/steps/{n}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A page of instructions */
        get: operations["step"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/tasks/{task}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Check a task */
        post: operations["check"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/tasks/{task}/hint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Reveal the next hint of a task */
        post: operations["hint"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/terminals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** One more terminal */
        post: operations["openTerminal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/terminals/{terminal}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** WebSocket: TerminalHello, then TerminalClient and TerminalServer; bytes in binary messages */
        get: operations["terminal"];
        put?: never;
        post?: never;
        /** End a terminal */
        delete: operations["closeTerminal"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sign in with name and password */
        post: operations["signIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in/ways": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How people sign in, beside name and password */
        get: operations["signInWays"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make the token worthless */
        post: operations["signOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bundles/wireshark/{file}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Wireshark's dissectors, where the server has them */
        get: operations["bundle"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The server answers */
        get: operations["healthz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/in/{registration}/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The page, where a course platform may frame it */
        get: operations["framedPage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/lti/jwks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** LTI 1.3: the tool's public keys */
        get: operations["ltiKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/lti/launch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** LTI 1.3: a platform's signed message, as a form */
        post: operations["ltiLaunch"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/lti/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** LTI 1.3: a platform begins a sign-in */
        get: operations["ltiLogin"];
        put?: never;
        /** LTI 1.3: the same, as a form */
        post: operations["ltiLoginForm"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/lti/register/{code}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** LTI 1.3 dynamic registration; the platform adds `openid_configuration` */
        get: operations["ltiRegister"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Figures for Prometheus */
        get: operations["metrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The server can start labs */
        get: operations["readyz"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sign-in/oidc": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Begin a sign-in by the OpenID Connect provider; `next` is a path of the page */
        get: operations["oidc"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/sign-in/oidc/back": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The provider's answer */
        get: operations["oidcBack"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tab/{course}/{lab}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Leads there */
        get: operations["tabBare"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tab/{course}/{lab}/": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The lab as a page that runs in the learner's own browser */
        get: operations["tab"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tab/{course}/{lab}/{path}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A file of that page */
        get: operations["tabFile"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A person. */
        Account: {
            /** @description The name that others see. */
            display_name: string;
            /** @description Its id. */
            id: string;
            /** @description The language that it chose (`en`, `fr`), if it did. */
            language?: string | null;
            /** @description The sign-in name. */
            name: string;
            /** @description The most that it may do anywhere. */
            role: components["schemas"]["Role"];
        };
        /** @description How many learners were told. */
        Answered: {
            /**
             * Format: int32
             * @description Learners.
             */
            learners: number;
        };
        /** @description Answers a hand. */
        AnswerHand: {
            /** @description Also to everybody else who is perhaps stuck at the same task. */
            all?: boolean;
            /** @description At most 4,000 characters. */
            words: string;
        };
        /** @description An answer of the learner to one look. */
        AnswerLook: {
            /** @description What the learner says. */
            answer: components["schemas"]["LookAnswer"];
        };
        /** @description Answers everybody who is perhaps stuck at a task. */
        AnswerTask: {
            /** @description The lab's name. */
            lab: string;
            /** @description The task's id. */
            task: string;
            /** @description At most 4,000 characters. */
            words: string;
        };
        /**
         * @description The kinds of tab.
         * @enum {string}
         */
        AppKind: "terminal" | "desktop" | "web" | "wireshark" | "sql" | "page" | "map";
        /** @description What opens a page that comes out of the lab: a tab of kind `web` or `page`. */
        AppTicket: {
            /** @description The origin of the page. */
            origin: string;
            /** @description The address to open, good once and for a minute. */
            url: string;
        };
        /** @description A tab. */
        AppView: {
            /** @description Its id, the same in every session of the lab. */
            id: string;
            /** @description Its kind. */
            kind: components["schemas"]["AppKind"];
            /** @description Its label. */
            label: string;
            /** @description The node that it shows, if it shows one. */
            node?: string | null;
            /**
             * Format: int32
             * @description The port of the node's web server, for a tab of kind `web`.
             */
            port?: number | null;
            program?: components["schemas"]["ProgramView"] | null;
            /** @description What else it shows: a network's name, or the path of a file under `assets/`. */
            source?: string | null;
        };
        /** @description Asks to look over a learner's shoulder. */
        AskToLook: {
            /** @description The lab's name. */
            lab: string;
            /** @description The learner's account. */
            learner: string;
        };
        /** @description One check of one task. */
        Attempt: {
            /**
             * Format: int64
             * @description When.
             */
            at: number;
            /** @description Lines for the learner. */
            feedback: string[];
            /**
             * Format: double
             * @description The points of this attempt.
             */
            score: number;
            /**
             * Format: int64
             * @description How long it took, in milliseconds.
             */
            took_ms: number;
            /** @description What it said. */
            verdict: components["schemas"]["AttemptVerdict"];
        };
        /**
         * @description What a check said.
         * @enum {string}
         */
        AttemptVerdict: "done" | "part" | "not_yet" | "broken";
        /** @description One lab of a course as it stands, or what changed of it. */
        Board: {
            /**
             * Format: int64
             * @description When this was so: the server's clock, in milliseconds since 1970.
             */
            at: number;
            /** @description The course's id. */
            course: string;
            /** @description The course's title in the language of the request. */
            course_title: string;
            /** @description The lab's name. */
            lab: string;
            /** @description The labs of the course, in order. */
            labs: components["schemas"]["BoardLab"][];
            /** @description Learners by name: the rows. */
            learners: components["schemas"]["BoardLearner"][];
            /**
             * Format: int64
             * @description What to ask with next time (`after`); only grows.
             */
            stamp: number;
            /** @description Steps in order, those without tasks too. */
            steps: components["schemas"]["BoardStep"][];
            /** @description Who is perhaps stuck, longest first; always all of them. */
            stuck: components["schemas"]["BoardStuck"][];
            /** @description Tasks in the order of the lab: the columns. */
            tasks: components["schemas"]["BoardTask"][];
            /** @description The lab's title in the language of the request. */
            title: string;
            /** @description `learners` holds everybody; otherwise those who changed since `after`. */
            whole: boolean;
        };
        /** @description A learner's work at a task. */
        BoardCell: {
            /**
             * Format: int32
             * @description Attempts that counted.
             */
            attempts: number;
            /**
             * Format: double
             * @description Best points.
             */
            score: number;
            /** @description Its points rest on what the learner's own browser says. */
            self_reported: boolean;
            /** @description How it stands. */
            state: components["schemas"]["TaskState"];
        };
        /** @description A lab that has a board. */
        BoardLab: {
            /** @description Its name. */
            name: string;
            /** @description Its title in the language of the request. */
            title: string;
        };
        /** @description A learner's row. */
        BoardLearner: {
            /**
             * Format: int64
             * @description The last sign of life, in milliseconds since 1970, told to the minute; none before a first start.
             */
            active_at?: number | null;
            /** @description A cell a task, in the order of the columns. */
            cells: components["schemas"]["BoardCell"][];
            /** @description The name that others see. */
            display_name: string;
            /** @description The account's id. */
            id: string;
            line?: components["schemas"]["LineReport"] | null;
            /** @description The place of a lab that runs: `local`, … */
            place?: string | null;
            /** @description Where the learner is. */
            presence: components["schemas"]["Presence"];
            /**
             * Format: double
             * @description Points so far.
             */
            score: number;
            work?: components["schemas"]["BoardWork"] | null;
        };
        /** @description A step over the whole class. */
        BoardStep: {
            /**
             * Format: int32
             * @description Those who have done all its tasks, or have reached the next one where it has none.
             */
            finished: number;
            /**
             * Format: int64
             * @description Median time that those needed who have done all its tasks, in milliseconds.
             */
            median_ms?: number | null;
            /**
             * Format: int32
             * @description Its number, from 1.
             */
            n: number;
            /**
             * Format: int32
             * @description Learners who have come so far: who started the lab, and did all before it or tried something from it on.
             */
            reached: number;
            /**
             * Format: int32
             * @description How many tasks it has.
             */
            tasks: number;
            /** @description Its title. */
            title: string;
        };
        /** @description Somebody who is perhaps stuck. */
        BoardStuck: {
            /**
             * Format: int32
             * @description Failed tries at it.
             */
            failed: number;
            /** @description The account's id. */
            learner: string;
            /** @description Why. */
            reason: components["schemas"]["StuckReason"];
            /**
             * Format: int64
             * @description Since when: at the task, or silent; in milliseconds since 1970.
             */
            since: number;
            /** @description The task at hand. */
            task: string;
            /** @description What the check said at last. */
            words?: string | null;
        };
        /** @description A task over the whole class. */
        BoardTask: {
            /**
             * Format: int32
             * @description Learners with a running lab for whom it is the next one.
             */
            at_it: number;
            /**
             * Format: int32
             * @description Attempts that counted.
             */
            attempts: number;
            /**
             * Format: int32
             * @description Attempts that a fault of the check ended.
             */
            broken: number;
            /**
             * Format: int32
             * @description Learners who have done it.
             */
            done: number;
            /** @description Its id. */
            id: string;
            /**
             * Format: int64
             * @description Median time from the task before, in milliseconds.
             */
            median_ms?: number | null;
            /**
             * Format: int32
             * @description Learners who have a part.
             */
            part: number;
            /**
             * Format: double
             * @description What it is worth.
             */
            points: number;
            /**
             * Format: int32
             * @description The number of its step.
             */
            step: number;
            /** @description Its title. */
            title: string;
            /**
             * Format: int32
             * @description Learners who have tried it and have nothing.
             */
            tried: number;
            /** @description What failed checks said to most learners; at most five. */
            words: components["schemas"]["BoardWords"][];
        };
        /** @description What a failed check said. */
        BoardWords: {
            /**
             * Format: int32
             * @description To how many learners.
             */
            learners: number;
            /** @description Its last line. */
            words: string;
        };
        /** @description The task at hand of somebody who is in the lab. */
        BoardWork: {
            /**
             * Format: int32
             * @description Failed tries at it.
             */
            failed: number;
            /**
             * Format: int64
             * @description Since when, in milliseconds since 1970.
             */
            since: number;
            /** @description The task's id. */
            task: string;
        };
        /** @description Text messages of the page on `…/captures/{source}`. */
        CaptureClient: {
            /** @enum {string} */
            type: "stop";
        } | {
            /**
             * Format: int64
             * @description Bytes of binary messages since `started`.
             */
            offset: number;
            /** @enum {string} */
            type: "ack";
        };
        /** @description First message of the page on `…/captures/{source}`, within 10 s. */
        CaptureHello: {
            /**
             * Format: int32
             * @description Bytes to keep of each packet; all by default.
             */
            snap?: number | null;
            /** @description The bearer token. */
            token: string;
        };
        /**
         * @description Text messages of the server on `…/captures/{source}`; binary messages are whole pcapng blocks,
         *     the first of them a section header.
         */
        CaptureServer: {
            /** @enum {string} */
            type: "started";
        } | {
            /**
             * Format: int64
             * @description Packets that were lost because the page was too slow.
             */
            dropped: number;
            /**
             * Format: int64
             * @description Packets that passed.
             */
            passed: number;
            /** @enum {string} */
            type: "counts";
        } | {
            /** @enum {string} */
            type: "stopped";
        };
        /** @description How far a learner is with a task. */
        CarriedTask: {
            /**
             * Format: int32
             * @description Attempts that counted.
             */
            attempts: number;
            /**
             * Format: int32
             * @description Hints that were revealed.
             */
            hints: number;
            /**
             * Format: double
             * @description Share of the points that counts, 0 to 1.
             */
            share: number;
            /** @description How far. */
            state: components["schemas"]["TaskState"];
        };
        /** @description A wish of the teacher for one look. */
        ChangeLook: {
            /** @description What. */
            wish: components["schemas"]["LookWish"];
        };
        /**
         * @description A polled channel: it carries a page's sockets where WebSockets are blocked.
         *
         *     A batch is records one after another: `u8` kind, `u32` number of the socket, `u32` length, bytes;
         *     numbers are big-endian. Kinds: 0 text, 1 binary, 2 close (a `u16` close code), and, of the page
         *     only, 3 open (what follows the session in the address of the WebSocket: `events`,
         *     `terminals/{id}`). The page numbers its sockets upwards from 1. `GET …?after=N` waits for the
         *     batch after batch N (0 at first) and answers its `u32` number and its records; the number is N
         *     again when nothing came in time. A batch is repeated until the page asks for what follows it.
         *     `POST …?seq=N` sends the page's batch N (1, 2, …); sent again unchanged, it is taken in once.
         */
        Channel: {
            /** @description Its id. */
            id: string;
            /**
             * Format: int64
             * @description Longest time that a question for news waits, in milliseconds.
             */
            wait_ms: number;
        };
        /** @description Asks for a check. */
        Check: {
            /** @description The learner's answer, where the task asks for one. */
            answer?: string | null;
            /**
             * @description An id that the page chose for this attempt: a request that is sent again after a lost
             *     reply gets the same attempt, and nothing is counted twice.
             */
            attempt?: string | null;
        };
        /** @description The outcome of a check. */
        CheckReply: {
            /** @description This attempt. */
            attempt: components["schemas"]["Attempt"];
            /**
             * Format: double
             * @description The lab's points to be had.
             */
            points: number;
            /**
             * Format: double
             * @description The session's points so far.
             */
            score: number;
            /** @description The task as it is now. */
            task: components["schemas"]["TaskView"];
        };
        /** @description One link's results. */
        ComparedLink: {
            /** @description Those that are not. */
            differences: components["schemas"]["Difference"][];
            /** @description The link's id. */
            link: string;
            /** @description Whether its results could be read. */
            outcome: components["schemas"]["ComparedOutcome"];
            /**
             * Format: int32
             * @description Scores that are the same on both sides.
             */
            same: number;
            /**
             * Format: int32
             * @description HTTP status of a platform that would not say.
             */
            status?: number | null;
        };
        /**
         * @description Whether a platform's results could be read.
         * @enum {string}
         */
        ComparedOutcome: "read" | "no_column" | "refused" | "no_answer";
        /** @description Our last scores beside what the course platforms say they have. */
        Comparison: {
            /**
             * Format: int64
             * @description When they were asked.
             */
            at: number;
            /** @description Link by link. */
            links: components["schemas"]["ComparedLink"][];
        };
        /** @description A course that the person belongs to. */
        Course: {
            /** @description Its id. */
            id: string;
            /** @description Its labs in the teacher's order. */
            labs: components["schemas"]["CourseLab"][];
            /** @description What the person is in it. */
            role: components["schemas"]["Role"];
            /** @description Its title in the language of the request. */
            title: string;
        };
        /** @description A lab of a course. */
        CourseLab: {
            /**
             * Format: int32
             * @description Longest session, in minutes.
             */
            minutes: number;
            /** @description The lab's name; with the course it starts a session. */
            name: string;
            /** @description What it needs of a computer and of a place. */
            needs: components["schemas"]["LabNeeds"];
            /**
             * Format: double
             * @description Points to be had.
             */
            points: number;
            rule?: components["schemas"]["LabRule"] | null;
            /**
             * Format: double
             * @description The person's best points so far.
             */
            score: number;
            session?: components["schemas"]["LabSession"] | null;
            /**
             * Format: int32
             * @description How many steps it has.
             */
            steps: number;
            /** @description One paragraph about it; may be empty. */
            summary: string;
            /** @description The address of the lab as a page that runs in the learner's own browser, where the server offers it. */
            tab?: string | null;
            /** @description Its title. */
            title: string;
        };
        /** @description The people of a course and the doors into it. */
        CoursePeople: {
            /** @description The course's id. */
            course: string;
            /** @description Invitations that still let somebody in; personal codes are not among them. */
            invitations: components["schemas"]["OpenInvitation"][];
            /** @description Everybody, by name. */
            people: components["schemas"]["CoursePerson"][];
            roster?: components["schemas"]["LastRoster"] | null;
            /** @description Its title. */
            title: string;
        };
        /** @description Somebody of a course. */
        CoursePerson: {
            /** @description The name that others see. */
            display_name: string;
            /**
             * Format: int64
             * @description When all that is held on them is erased, if they asked for it.
             */
            erase_at?: number | null;
            /** @description The part of the course that they are in. */
            group?: string | null;
            /** @description The account's id. */
            id: string;
            /** @description The sign-in name. */
            name: string;
            /** @description What they are in the course. */
            role: components["schemas"]["Role"];
        };
        /** @description A course's retention period. */
        CourseRetention: {
            /**
             * Format: int32
             * @description Learners in no other course, who would go now.
             */
            accounts: number;
            /** @description The course's id. */
            course: string;
            /**
             * Format: int64
             * @description When it ends.
             */
            ends_at: number;
            /**
             * Format: int64
             * @description When its learners' work is erased.
             */
            erase_at: number;
            /**
             * Format: int64
             * @description Rows of the database that would go now.
             */
            rows: number;
            /**
             * Format: int32
             * @description Sessions whose files would go now.
             */
            sessions: number;
        };
        /** @description A score that is not the same on both sides. */
        Difference: {
            /** @description The learner's account id. */
            learner: string;
            /**
             * Format: double
             * @description Of so many.
             */
            points: number;
            /**
             * Format: double
             * @description Our points.
             */
            score: number;
            /** @description The id of our last score. */
            score_id: string;
            /**
             * Format: double
             * @description Of so many.
             */
            their_points?: number | null;
            /**
             * Format: double
             * @description The platform's points; nothing is graded there when absent.
             */
            theirs?: number | null;
        };
        /**
         * @description First message of the page on `…/displays/{app}`, within 10 s; RFB (RFC 6143) follows in binary
         *     messages both ways, the server's first.
         */
        DisplayHello: {
            /** @description Keys, pointer, clipboard and screen size of this viewer are left out. */
            read_only?: boolean;
            /** @description The bearer token. */
            token: string;
        };
        /** @description Text messages of the server on `…/displays/{app}`; binary messages are RFB. */
        DisplayServer: {
            /** @description What the screen shows is recorded. */
            recorded: boolean;
            /** @enum {string} */
            type: "attached";
        };
        /** @description Whether somebody will be erased. */
        Erasure: {
            /**
             * Format: int64
             * @description When; absent: they have not asked.
             */
            due_at?: number | null;
        };
        /** @description What went wrong, for programs and for people. */
        ErrorBody: {
            /** @description For programs, snake_case: `sign_in_failed`, `not_found`, `not_ready`, … */
            code: string;
            /** @description What to do now; empty when there is nothing to say. */
            hint: string;
            /** @description For people, in the language of the request: the object and the cause. */
            message: string;
        };
        /** @description The body of every reply that is not a success. */
        ErrorReply: {
            /** @description What went wrong. */
            error: components["schemas"]["ErrorBody"];
        };
        /**
         * @description What the page may say on `…/events` later: how its line is. The server shows it to teachers as long as it is
         *     fresh, and keeps it nowhere.
         */
        EventsClient: {
            /** @description As the page has measured it. */
            line: components["schemas"]["LineReport"];
        };
        /** @description First message of the page on `…/events`, within 10 s. */
        EventsHello: {
            /** @description Language of all texts that follow. */
            lang?: string | null;
            /** @description The bearer token. */
            token: string;
        };
        /**
         * @description How bad a finding is.
         * @enum {string}
         */
        FindingLevel: "good" | "note" | "bad";
        /** @description An attempt that went along. */
        HandAttempt: {
            /** @description What was answered. */
            answer?: string | null;
            /**
             * Format: int64
             * @description When.
             */
            at: number;
            /** @description Its lines. */
            feedback: string[];
            /**
             * Format: double
             * @description Its points.
             */
            score: number;
            /** @description What the check said. */
            verdict: components["schemas"]["AttemptVerdict"];
        };
        /**
         * @description Why a hand is down.
         * @enum {string}
         */
        HandDown: "lowered" | "done" | "closed";
        /** @description An attempt as the learner's browser has it. */
        HandedAttempt: {
            /** @description What was answered; of an `sql` task, the query. */
            answer?: string | null;
            /**
             * Format: int64
             * @description When, by the learner's clock.
             */
            at: number;
            /** @description Lines for the learner. */
            feedback: string[];
            /** @description Its id, which the page chose; one of its own in this work. */
            id: string;
            /**
             * Format: double
             * @description Share of the task's points, 0 to 1.
             */
            share: number;
            /** @description The task's id. */
            task: string;
            /**
             * Format: int64
             * @description How long it took, in milliseconds.
             */
            took_ms: number;
            /** @description What the browser's judge said. */
            verdict: components["schemas"]["AttemptVerdict"];
        };
        /** @description What became of what was handed in, and how far the learner is in the course, over all places. */
        HandedIn: {
            /**
             * Format: int64
             * @description When, by the server's clock.
             */
            at: number;
            /** @description What became of every attempt, in order. */
            attempts: components["schemas"]["TakenAttempt"][];
            /**
             * Format: double
             * @description Points to be had.
             */
            points: number;
            /**
             * Format: double
             * @description Points so far.
             */
            score: number;
            /** @description How far each task is. */
            tasks: {
                [key: string]: components["schemas"]["CarriedTask"];
            };
        };
        /**
         * @description What a learner did of a lab in a browser, oldest first: sent by the page, or the file that it saves. Handing in the same
         *     attempt again changes nothing.
         */
        HandIn: {
            /** @description At most 64 of them in one request. */
            attempts: components["schemas"]["HandedAttempt"][];
            /** @description Hints that were revealed, by task. */
            hints?: {
                [key: string]: number;
            };
            /** @description The lab's name. */
            lab: string;
            /**
             * Format: int32
             * @description Version of this format; 1.
             */
            labwright: number;
            /** @description SHA-256 of the `lab/lab.json` that it was done with, in hexadecimal: the server has that file if it offered it. */
            made_of: string;
            /** @description A random name of this browser's work on the lab: nobody else may hand it in. */
            work: string;
        };
        /**
         * @description Whether an attempt that was handed in is kept.
         * @enum {string}
         */
        HandInOutcome: "taken" | "known" | "refused" | "later";
        /** @description The end of a terminal, as plain text. */
        HandTail: {
            /** @description The terminal's title; at most 100 characters. */
            of: string;
            /** @description Its last lines; at most 16,000 characters. */
            text: string;
        };
        /** @description The queue of a course, as its teachers see it. */
        HelpQueue: {
            /**
             * Format: int64
             * @description When this was so: the server's clock, in milliseconds since 1970.
             */
            at: number;
            /** @description The course's id. */
            course: string;
            /** @description The course's title in the language of the request. */
            course_title: string;
            /** @description By the rules of this course teachers may look without asking, as in an exam. */
            exam: boolean;
            /** @description Hands that are up: those that wait first, oldest first; at most 200. */
            hands: components["schemas"]["QueuedHand"][];
            /** @description The lab that links from the queue go to: the course's first. */
            lab?: string | null;
            /**
             * Format: int64
             * @description What to ask with next time (`after`); only grows.
             */
            stamp: number;
        };
        /** @description What was said. */
        HelpSaid: {
            /** @description It went to everybody who was stuck at the task, of this title. */
            all_at?: string | null;
            /**
             * Format: int64
             * @description When.
             */
            at: number;
            /** @description The name of the teacher who said it; absent: the learner did. */
            teacher?: string | null;
            /** @description What. */
            words: string;
        };
        /** @description Help as a learner's page shows it. */
        HelpState: {
            /** @description By the rules of this course teachers may look without asking, as in an exam. */
            exam: boolean;
            hand?: components["schemas"]["MyHand"] | null;
            look?: components["schemas"]["MyLook"] | null;
            /** @description A teacher has the course's queue open. */
            on_duty: boolean;
            /** @description What was said about the hand, or to everybody at a task; oldest first. */
            said: components["schemas"]["HelpSaid"][];
            /** @description Who may read a raised hand. */
            teachers: string[];
        };
        /** @description Words for somebody: a learner's to a teacher, or a teacher's answer. */
        HelpWords: {
            /** @description At most 4,000 characters. */
            words: string;
        };
        /** @description What an invitation link leads to. */
        Invitation: {
            /** @description The course's id. */
            course: string;
            /**
             * Format: int64
             * @description Until when it can be used.
             */
            expires_at: number;
            /** @description It is for one person, whose sign-in name this is: only the password is to be chosen. */
            name?: string | null;
            /** @description What the person becomes in it. */
            role: components["schemas"]["Role"];
            /** @description The course's title. */
            title: string;
        };
        /** @description Makes an account from an invitation. */
        Join: {
            /** @description The name that others see. */
            display_name: string;
            /** @description The sign-in name to have. */
            name: string;
            /** @description The password to have: at least 10 characters. */
            password: string;
        };
        /** @description The learner's saved files of a lab on the server. */
        KeptFiles: {
            /**
             * Format: int64
             * @description When they were saved; none: there are none.
             */
            at?: number | null;
            /** @description One archive a node that has some. */
            nodes: components["schemas"]["KeptNode"][];
            session?: components["schemas"]["LabSession"] | null;
        };
        /** @description A node's archive. */
        KeptNode: {
            /**
             * Format: int64
             * @description Its size.
             */
            bytes: number;
            /** @description The node. */
            node: string;
        };
        /**
         * @description Who has the keyboard.
         * @enum {string}
         */
        Keys: "no" | "asked" | "given";
        /** @description What a lab needs, as far as its author has written it. */
        LabNeeds: {
            /** @description The kinds of its tabs, each once. */
            apps: components["schemas"]["AppKind"][];
            /** @description Its nodes reach the internet. */
            internet: boolean;
            /**
             * Format: int64
             * @description Memory of its machine, in megabytes.
             */
            memory_mb: number;
            /**
             * Format: int32
             * @description How many machines of its own it starts; without any, all of it is in the page.
             */
            nodes: number;
            /** @description The places that its author allows, if not all: `local`, `browser`, `download`, … */
            places?: string[] | null;
        };
        /** @description The rule of a lab. As a learner sees it, time that was given to them is in it. */
        LabRule: {
            /**
             * Format: int64
             * @description Nothing can be started or checked after this.
             */
            closes_at?: number | null;
            /**
             * Format: int64
             * @description Work of this moment is still on time.
             */
            due_at?: number | null;
            /** @description What only the learner's own browser says counts for nothing. */
            judged_only?: boolean;
            /** @description What happens to work after `due_at`. */
            late?: components["schemas"]["LateWork"];
            /**
             * Format: int64
             * @description It cannot be opened before this.
             */
            opens_at?: number | null;
            /**
             * Format: int32
             * @description Most tries at one task.
             */
            tries?: number | null;
            /** @description Which of several tries at a task counts. */
            which?: components["schemas"]["WhichTry"];
        };
        /** @description What a learner has of a lab. */
        LabScore: {
            /** @description The lab's name. */
            lab: string;
            /** @description Some of them were reached after the due date. */
            late: boolean;
            /**
             * Format: double
             * @description Points.
             */
            score: number;
            /** @description Some of them rest on what the learner's own browser says. */
            self_reported: boolean;
        };
        /** @description The person's session of a lab, in short. */
        LabSession: {
            /** @description Its id. */
            id: string;
            /** @description Its state. */
            state: components["schemas"]["SessionState"];
        };
        /** @description Until when a learner was given time for a lab. */
        LabTime: {
            /** @description The lab's name. */
            lab: string;
            /**
             * Format: int64
             * @description Until then.
             */
            until: number;
        };
        /** @description A roster that was applied. */
        LastRoster: {
            /**
             * Format: int32
             * @description How many it brought into the course.
             */
            joined: number;
            /**
             * Format: int64
             * @description When.
             */
            made_at: number;
        };
        /**
         * @description What happens to late work.
         * @enum {string}
         */
        LateWork: "counts" | "counts_not";
        /** @description The code that a launch leaves in the page's address. */
        LaunchCode: {
            /** @description The code. */
            code: string;
        };
        /** @description What a launch gives the page. */
        Launched: {
            /** @description Who it is. */
            account: components["schemas"]["Account"];
            /**
             * @description This browser did not prove that it began the launch (it keeps no cookies): the person says
             *     that it is them first.
             */
            confirm: boolean;
            storage?: components["schemas"]["PlatformStorage"] | null;
            /** @description Where to go: a path of the page. */
            to: string;
            /** @description Bearer token, for this launch's person; good for some hours. */
            token: string;
        };
        /** @description A row of the progress table. */
        LearnerProgress: {
            /** @description The name that others see. */
            display_name: string;
            /** @description The account's id. */
            id: string;
            /**
             * Format: double
             * @description Points over all labs.
             */
            score: number;
            /** @description Tasks that were tried. */
            tasks: components["schemas"]["LearnerTask"][];
        };
        /** @description A cell of the progress table. */
        LearnerTask: {
            /** @description The lab's name. */
            lab: string;
            /**
             * Format: double
             * @description Best points.
             */
            score: number;
            /** @description The task's id. */
            task: string;
        };
        /** @description A line between a page and the server. */
        LineReport: {
            /**
             * Format: int32
             * @description Questions that were not answered in time, of the last ones, in per cent.
             */
            lost_percent: number;
            /** @description WebSockets are blocked: all goes by long polling. */
            polling: boolean;
            /**
             * Format: int32
             * @description There and back, in milliseconds; at most a minute.
             */
            round_trip_ms: number;
        };
        /**
         * @description What happened.
         * @enum {string}
         */
        LookAct: "asked" | "exam" | "allowed" | "refused" | "lapsed" | "saw" | "keys_asked" | "keys_given" | "keys_refused" | "keys_back" | "ended" | "answered" | "answered_all";
        /**
         * @description What a learner says to a look.
         * @enum {string}
         */
        LookAnswer: "allow" | "refuse" | "end" | "give_keys" | "keep_keys";
        /** @description A terminal or desktop that a look shows. */
        LookApp: {
            /**
             * Format: int32
             * @description Columns of the terminal, as the learner sees it.
             */
            cols: number;
            /** @description It is a desktop; otherwise a terminal. */
            desktop: boolean;
            /** @description The terminal's id, or the app's. */
            id: string;
            /** @description What its tab says. */
            label: string;
            /**
             * Format: int32
             * @description Rows of it.
             */
            rows: number;
        };
        /**
         * @description Why a look, or the question for one, ended.
         * @enum {string}
         */
        LookEnd: "refused" | "unanswered" | "learner" | "teacher" | "time" | "session" | "learner_gone" | "teacher_gone" | "signed_out" | "restart";
        /** @description A line of the log that a learner reads. */
        LookLine: {
            /** @description What happened. */
            act: components["schemas"]["LookAct"];
            /**
             * Format: int64
             * @description When.
             */
            at: number;
            end?: components["schemas"]["LookEnd"] | null;
            /** @description The lab's title. */
            lab: string;
            /** @description What belongs to one look has one id. */
            look?: string | null;
            /** @description The teacher's name. */
            teacher: string;
            /** @description What was opened. */
            what?: string | null;
        };
        /** @description A look, as the teacher sees it. */
        LookView: {
            /** @description What can be seen; empty unless `watching`. */
            apps: components["schemas"]["LookApp"][];
            /**
             * Format: int64
             * @description The server's clock, in milliseconds since 1970.
             */
            at: number;
            /** @description The course's id. */
            course: string;
            end?: components["schemas"]["LookEnd"] | null;
            /** @description It began without a question, by the rules of an exam. */
            exam: boolean;
            /** @description Its id. */
            id: string;
            /** @description The keyboard. */
            keys: components["schemas"]["Keys"];
            /** @description The lab's name. */
            lab: string;
            /** @description The learner's account. */
            learner: string;
            /** @description The learner's name. */
            name: string;
            /**
             * Format: int64
             * @description What to ask with next time (`after`).
             */
            stamp: number;
            /** @description The lab's title. */
            title: string;
            /**
             * Format: int64
             * @description When it ends by itself: the question, or the look.
             */
            until: number;
            /** @description The learner has allowed it, and it goes on. */
            watching: boolean;
        };
        /**
         * @description What a teacher does to a look of their own.
         * @enum {string}
         */
        LookWish: "ask_keys" | "give_keys_back" | "end";
        /** @description Makes an invitation link. */
        MakeInvitation: {
            /**
             * Format: int32
             * @description How many days it can be used; 14 when absent.
             */
            days?: number | null;
            role?: components["schemas"]["Role"] | null;
            /** @description A short code that can be typed, instead of a link's long one. */
            short?: boolean;
            /**
             * Format: int32
             * @description How many it lets in; 1000 when absent.
             */
            uses?: number | null;
        };
        /** @description More time for one learner. */
        MoreTime: {
            /** @description The account's id. */
            learner?: string;
            /**
             * Format: int64
             * @description Due date and end are not before this; absent: as for everybody.
             */
            until?: number | null;
        };
        /** @description A learner's own hand. */
        MyHand: {
            /**
             * Format: int32
             * @description How many attempts went along.
             */
            attempts: number;
            down?: components["schemas"]["HandDown"] | null;
            /** @description Its id. */
            id: string;
            /**
             * Format: int32
             * @description Place in line, from 1; only while it waits for a teacher.
             */
            place?: number | null;
            /**
             * Format: int64
             * @description When it was raised.
             */
            raised_at: number;
            /**
             * Format: int32
             * @description The number of the step, from 1.
             */
            step: number;
            /** @description The terminal whose end went along. */
            tail?: string | null;
            /** @description The name of the teacher who has it. */
            taken_by?: string | null;
            /** @description The task's title. */
            task?: string | null;
            /** @description It is up. */
            up: boolean;
            /**
             * Format: int64
             * @description How long that may take, in milliseconds, by what the last ones took; absent when nobody knows.
             */
            wait_ms?: number | null;
            /** @description What the learner asked. */
            words: string;
        };
        /** @description A look, as the learner sees it. */
        MyLook: {
            /** @description It began without a question, by the rules of an exam: it is not the learner's to end. */
            exam: boolean;
            /** @description Its id: an answer names it. */
            id: string;
            /** @description The keyboard. */
            keys: components["schemas"]["Keys"];
            /** @description The teacher's name. */
            teacher: string;
            /**
             * Format: int64
             * @description When it ends by itself: the question, or the look.
             */
            until: number;
            /** @description The teacher looks; otherwise the teacher asks to. */
            watching: boolean;
        };
        /** @description A network that the learner may see. Which nodes are on it, their addresses say. */
        NetworkView: {
            /** @description Its name. */
            name: string;
            shaping?: components["schemas"]["ShapingView"] | null;
            /** @description Its prefix, such as `10.0.0.0/24`, if it has one. */
            subnet?: string | null;
        };
        /** @description A deployment to add to a platform. */
        NewDeployment: {
            /** @description Its id, as the platform shows it. */
            deployment: string;
        };
        /** @description An invitation that was just made. */
        NewInvitation: {
            /** @description Its code. */
            code: string;
            /**
             * Format: int64
             * @description Until when it can be used.
             */
            expires_at: number;
            /** @description The link to give out. */
            url: string;
        };
        /** @description A platform to register. */
        NewPlatform: {
            /** @description Authentication request address. */
            auth_url: string;
            /** @description Client id. */
            client_id: string;
            /** @description Our courses whose labs it may link; empty: all. */
            courses?: string[];
            /** @description Deployments. */
            deployments: string[];
            /** @description Issuer. */
            issuer: string;
            /** @description Public key set address. */
            keyset_url: string;
            /** @description What operators call it. */
            name: string;
            /**
             * @description More addresses that are the platform's: a school's own at a hosted one, or where courses are
             *     shown.
             */
            origins?: string[];
            /** @description Audience of assertions, where it is not the token address. */
            token_audience?: string | null;
            /** @description Access token address. */
            token_url: string;
        };
        /**
         * @description How far a node is.
         * @enum {string}
         */
        NodeStateView: "waiting" | "creating" | "starting" | "ready" | "failed";
        /** @description A node that the learner may see. */
        NodeView: {
            /** @description Its addresses without prefix, by network. */
            addresses: {
                [key: string]: string[];
            };
            /** @description Its name. */
            name: string;
            /** @description How far it is. */
            state: components["schemas"]["NodeStateView"];
        };
        /** @description An invitation as its makers see it. Its code is not known any more. */
        OpenInvitation: {
            /**
             * Format: int64
             * @description Until when it can be used.
             */
            expires_at: number;
            /** @description The first characters of a code that is typed; empty: a link. */
            hint: string;
            /** @description Its id. */
            id: string;
            /**
             * Format: int64
             * @description When it was made.
             */
            made_at: number;
            /** @description What people become by it. */
            role: components["schemas"]["Role"];
            /**
             * Format: int32
             * @description How many it still lets in.
             */
            uses_left: number;
        };
        /** @description Opens one more terminal. */
        OpenTerminal: {
            /** @description The node. */
            node: string;
        };
        /** @description Somebody who asked to be erased. */
        OperatorErasure: {
            /** @description The account's id. */
            account: string;
            /**
             * Format: int64
             * @description When they asked.
             */
            asked_at: number;
            /** @description The name that others see. */
            display_name: string;
            /**
             * Format: int64
             * @description When it happens.
             */
            due_at: number;
        };
        /** @description What is going to be erased, as an operator sees it. */
        OperatorPrivacy: {
            /** @description Courses with an end, and what that end would erase if it were now. */
            courses: components["schemas"]["CourseRetention"][];
            /** @description Those who asked, the next first. */
            erasures: components["schemas"]["OperatorErasure"][];
        };
        /** @description A session as an operator sees it. */
        OperatorSession: {
            /** @description Whose it is: the account's id. */
            account: string;
            /** @description The course's id. */
            course: string;
            /**
             * Format: int64
             * @description When it was made.
             */
            created_at: number;
            /** @description The name that others see. */
            display_name: string;
            /**
             * Format: int64
             * @description When it ends by itself.
             */
            ends_at?: number | null;
            /** @description Its id. */
            id: string;
            /** @description The lab's name. */
            lab: string;
            /** @description Its state. */
            state: components["schemas"]["SessionState"];
        };
        /** @description What a teacher can pick. */
        PickChoices: {
            /** @description Labs. */
            labs: components["schemas"]["PickLab"][];
            /** @description A new link is made; else one that is there gets its lab. */
            new_link: boolean;
            /** @description The platform's name. */
            platform: string;
            /** @description The platform takes points with the link. */
            takes_points: boolean;
        };
        /** @description What follows from a choice. */
        Picked: {
            /** @description The signed choice. */
            jwt?: string | null;
            /** @description Where the page posts `JWT`, for a new link. */
            return_url?: string | null;
        };
        /** @description A lab that can be picked. */
        PickLab: {
            /** @description Its course's id. */
            course: string;
            /** @description Its course's title. */
            course_title: string;
            /** @description Its name. */
            lab: string;
            /**
             * Format: double
             * @description Points of the whole lab.
             */
            points: number;
            /** @description Its steps. */
            steps: components["schemas"]["PickStep"][];
            /** @description A line about it. */
            summary: string;
            /**
             * Format: int32
             * @description Tasks that give points.
             */
            tasks: number;
            /** @description Its title. */
            title: string;
        };
        /** @description A teacher's choice. */
        PickLink: {
            /** @description The code that let the teacher in; used up by this. */
            code: string;
            /** @description The course's id. */
            course: string;
            /**
             * Format: int64
             * @description Until when work is taken.
             */
            due_at?: number | null;
            /** @description The lab's name. */
            lab: string;
            /**
             * @description Every task gets a column of its own in the platform's grade book, where the platform lets us make
             *     columns; `points` is passed over.
             */
            per_task?: boolean;
            /**
             * Format: int32
             * @description Whole points in the platform's grade book; no column when absent or 0.
             */
            points?: number | null;
            /**
             * Format: int32
             * @description One step of it, from 1; the whole lab when absent.
             */
            step?: number | null;
            /** @description Title of the link; the lab's when absent. */
            title?: string | null;
        };
        /** @description A step that can be picked. */
        PickStep: {
            /**
             * Format: int32
             * @description Its number, from 1.
             */
            n: number;
            /**
             * Format: double
             * @description Its points.
             */
            points: number;
            /**
             * Format: int32
             * @description Tasks that give points.
             */
            tasks: number;
            /** @description Its title. */
            title: string;
        };
        /** @description A platform that is registered. */
        Platform: {
            /** @description Authentication request address. */
            auth_url: string;
            /** @description Client id. */
            client_id: string;
            /** @description Our courses whose labs it may link; empty: all. */
            courses: string[];
            /**
             * Format: int64
             * @description When it was added.
             */
            created_at: number;
            /** @description Deployments. */
            deployments: string[];
            /** @description Its id here. */
            id: string;
            /** @description Issuer. */
            issuer: string;
            /** @description Public key set address. */
            keyset_url: string;
            /**
             * Format: int64
             * @description The last launch that came through.
             */
            launched_at?: number | null;
            /** @description What operators call it. */
            name: string;
            /** @description More addresses that are the platform's. */
            origins: string[];
            /** @description Audience of assertions, where it is not the token address. */
            token_audience?: string | null;
            /** @description Access token address. */
            token_url: string;
        };
        /** @description A configured course. */
        PlatformCourse: {
            /** @description Its id. */
            id: string;
            /** @description Its title. */
            title: string;
        };
        /** @description One thing that is right or wrong with a registration. */
        PlatformFinding: {
            /** @description What: the page has a sentence for it. */
            code: string;
            /** @description How bad it is. */
            level: components["schemas"]["FindingLevel"];
            /** @description What stands in the sentence. */
            values: {
                [key: string]: string;
            };
        };
        /** @description The platforms that are registered, and what a new one needs to know. */
        Platforms: {
            /** @description The courses whose labs a platform can be allowed to use. */
            courses: components["schemas"]["PlatformCourse"][];
            /** @description Host of the tool. */
            domain: string;
            /** @description Address of the tool's keys. */
            jwks_url: string;
            /** @description Launch, target and redirect address. */
            launch_url: string;
            /** @description Login (initiation) address of the tool. */
            login_url: string;
            /**
             * @description The custom parameter that names a lab, `course/lab` or `course/lab/step`, with `/tasks` after it
             *     for a column a task.
             */
            parameter: string;
            /** @description Those that are registered. */
            platforms: components["schemas"]["Platform"][];
        };
        /** @description What a platform's own page keeps for us (LTI Client Side postMessages). */
        PlatformStorage: {
            /** @description Under which name. */
            key: string;
            /** @description The only origin that is spoken to and believed. */
            origin: string;
            /** @description The frame that is spoken to, by name; `_parent`: the page around ours. */
            target: string;
            /** @description What it has there if this browser began the launch. */
            value: string;
        };
        /** @description What a look at a registration has found, in the order in which a launch and a score meet it. */
        PlatformTest: {
            /**
             * Format: int64
             * @description When.
             */
            at: number;
            /** @description What. */
            findings: components["schemas"]["PlatformFinding"][];
        };
        /**
         * @description Where a learner is.
         * @enum {string}
         */
        Presence: "never" | "starting" | "here" | "away" | "failed";
        /** @description What the operator of this server promises. */
        PrivacyNotice: {
            /** @description Whom to ask: an address, as the operator wrote it. */
            contact?: string | null;
            /**
             * Format: int32
             * @description Days for which an erasure can be taken back.
             */
            erase_after_days: number;
            /**
             * Format: int32
             * @description Days for which the files of a lab that sleeps are kept.
             */
            files_days: number;
            /** @description The provider that people sign in with. */
            provider?: string | null;
            /** @description What desktop tabs show is recorded. */
            recorded: boolean;
            /**
             * Format: int32
             * @description Days for which such recordings are kept.
             */
            recordings_days: number;
        };
        /** @description What is wrong, in words that a learner understands. */
        ProblemView: {
            /** @description What to do. */
            hint: string;
            /** @description The object and the cause. */
            message: string;
        };
        /** @description The program that a desktop shows. It is started again whenever it has ended. */
        ProgramView: {
            /** @description How it last ended, in the language of the request; none as long as it never did. */
            ended?: string | null;
            /**
             * Format: int32
             * @description How often it was started again.
             */
            restarts: number;
            /** @description It runs. */
            running: boolean;
            /** @description The end of what it wrote before it ended. */
            words: string;
        };
        /** @description The progress of everyone in a course. */
        Progress: {
            /** @description The course's id. */
            course: string;
            /** @description Learners: the rows. */
            learners: components["schemas"]["LearnerProgress"][];
            /** @description Tasks of all labs: the columns. */
            tasks: components["schemas"]["ProgressTask"][];
            /** @description Its title. */
            title: string;
        };
        /** @description A column of the progress table. */
        ProgressTask: {
            /** @description The lab's name. */
            lab: string;
            /**
             * Format: double
             * @description What it is worth.
             */
            points: number;
            /** @description The task's id. */
            task: string;
            /** @description The task's title. */
            title: string;
        };
        /** @description A hand in the queue. */
        QueuedHand: {
            /** @description Attempts that went along, oldest first. */
            attempts: components["schemas"]["HandAttempt"][];
            /** @description The learner's page is open. */
            here: boolean;
            /** @description Its id. */
            id: string;
            /** @description The lab's name. */
            lab: string;
            /** @description The lab's title. */
            lab_title: string;
            /** @description The learner's account. */
            learner: string;
            /** @description That is the one who asks. */
            mine: boolean;
            /** @description The learner's name. */
            name: string;
            /**
             * Format: int64
             * @description When it was raised.
             */
            raised_at: number;
            /** @description What was said since, oldest first. */
            said: components["schemas"]["HelpSaid"][];
            /**
             * Format: int32
             * @description The number of the step, from 1.
             */
            step: number;
            /**
             * Format: int32
             * @description How many others are perhaps stuck at the same task.
             */
            stuck_too: number;
            tail?: components["schemas"]["HandTail"] | null;
            /** @description The teacher who has it. */
            taken_by?: string | null;
            /** @description The task's id. */
            task?: string | null;
            /** @description The task's title. */
            task_title?: string | null;
            /** @description It is a teacher's turn. */
            waits: boolean;
            /** @description What the learner asks. */
            words: string;
        };
        /** @description A place in line. */
        QueueView: {
            /**
             * Format: int64
             * @description Until the lab is ready, in milliseconds, from how long the last starts took and how often room came free; none where
             *     that is not known.
             */
            expected_ms?: number | null;
            /**
             * Format: int32
             * @description From 1. Far behind it is told in steps of a tenth, never too small.
             */
            place: number;
        };
        /** @description Raises a hand. What goes along is what the learner was shown; each part may be left out. */
        RaiseHand: {
            /** @description The times of the learner's own attempts at the task that go along; at most five. */
            attempts?: number[];
            /**
             * Format: int32
             * @description The number of the step, from 1.
             */
            step: number;
            tail?: components["schemas"]["HandTail"] | null;
            /** @description The task; absent is the step as a whole. */
            task?: string | null;
            /** @description What the learner asks; at most 2,000 characters, may be empty. */
            words?: string;
        };
        /** @description An attempt in the list of all attempts. */
        RecordedAttempt: {
            /** @description What was answered, where the task asks for an answer. */
            answer?: string | null;
            /**
             * Format: int64
             * @description When.
             */
            at: number;
            /**
             * Format: int64
             * @description When it was done by the learner's clock, where it was handed in later; `at` is when it came.
             */
            done_at?: number | null;
            /** @description Lines for the learner. */
            feedback: string[];
            /**
             * Format: double
             * @description The points of this attempt.
             */
            score: number;
            /** @description Only the learner's browser says so. */
            self_reported: boolean;
            /** @description The task's id. */
            task: string;
            /**
             * Format: int64
             * @description How long it took, in milliseconds.
             */
            took_ms: number;
            /** @description What it said. */
            verdict: components["schemas"]["AttemptVerdict"];
        };
        /** @description A link that lets a platform register by itself, once. */
        RegistrationLink: {
            /**
             * Format: int64
             * @description Until when it can be used.
             */
            expires_at: number;
            /** @description The link. */
            url: string;
        };
        /** @description Sends scores again. */
        Resend: {
            /** @description Ids of scores; every learner's last ones when empty. */
            scores?: string[];
        };
        /** @description How many scores are on their way again. */
        Resent: {
            /**
             * Format: int32
             * @description So many.
             */
            scores: number;
        };
        /** @description Starts one node or the whole lab afresh; what was saved is thrown away. */
        Reset: {
            /** @description The node; all of them when absent. */
            node?: string | null;
        };
        /**
         * @description What a person may do, everywhere or in one course.
         * @enum {string}
         */
        Role: "learner" | "teacher" | "operator";
        /** @description A roster that was read, or applied. */
        Roster: {
            /** @description It was applied. */
            applied: boolean;
            /** @description The encoding that the file was taken for. */
            encoding: string;
            /** @description Lines that are left out. */
            faults: components["schemas"]["RosterFault"][];
            /** @description Its people. */
            people: components["schemas"]["RosterPerson"][];
        };
        /**
         * @description What a roster does for somebody.
         * @enum {string}
         */
        RosterChange: "new" | "joins" | "stays" | "teaches";
        /** @description A line that is left out. */
        RosterFault: {
            /** @description Why. */
            fault: components["schemas"]["RosterFaultKind"];
            /**
             * Format: int64
             * @description Line of the file, from 1.
             */
            line: number;
        };
        /**
         * @description Why a line is left out.
         * @enum {string}
         */
        RosterFaultKind: "no_header" | "no_login" | "bad_login" | "bad_email" | "twice" | "too_many" | "unreadable";
        /** @description A file with people: CSV with a header, in UTF-8, UTF-16 or Windows-1252, as Base64. */
        RosterFile: {
            /** @description Apply it; else it is only read. */
            apply?: boolean;
            /** @description The bytes of the file in Base64. */
            file?: string;
        };
        /** @description Somebody of a roster. */
        RosterPerson: {
            /** @description What the roster does for them. */
            change: components["schemas"]["RosterChange"];
            /** @description The personal code by which they choose a password: told once. */
            code?: string | null;
            /** @description The name that others see. */
            display_name: string;
            /** @description The part of the course. */
            group?: string | null;
            /**
             * Format: int64
             * @description Line of the file, from 1.
             */
            line: number;
            /** @description The sign-in name. */
            name: string;
        };
        /** @description How many people left a course when a roster was undone. */
        RosterUndone: {
            /**
             * Format: int32
             * @description So many. Who has worked in the course stays.
             */
            left: number;
        };
        /** @description What is known of a course's members at its platform. */
        RosterView: {
            /**
             * Format: int64
             * @description How many learners there were.
             */
            learners: number;
            /** @description The platform lists members at all. */
            listed: boolean;
            /**
             * Format: int64
             * @description The last time that all of them came.
             */
            read_at?: number | null;
            /**
             * @description What came of the last try: `read`, or why not (`no_answer`, `token`, `refused`, `trouble`,
             *     `unreadable`, `address`, `too_many`).
             */
            said: string;
        };
        /** @description A lab and its points. */
        ScoreLab: {
            /** @description Its name. */
            name: string;
            /** @description A teacher has set them here; else they stand in the configuration. */
            own_rule: boolean;
            /**
             * Format: double
             * @description Points to be had.
             */
            points: number;
            rule?: components["schemas"]["LabRule"] | null;
            /** @description Its title. */
            title: string;
        };
        /** @description A learner and their scores. */
        ScoreLearner: {
            /** @description The name that others see. */
            display_name: string;
            /** @description The account's id. */
            id: string;
            /** @description Labs that were tried. */
            labs: components["schemas"]["LabScore"][];
            /** @description Labs for which they were given more time. */
            more_time: components["schemas"]["LabTime"][];
            /** @description The sign-in name. */
            name: string;
            /** @description The last score for every link that they came by. */
            sent: components["schemas"]["SentScore"][];
        };
        /** @description A link of a course platform to a lab, or to one step of it. */
        ScoreLink: {
            /** @description Every task has a column of its own, and this link none. */
            by_tasks: boolean;
            /** @description The platform has, or takes, a column for it in its grade book. */
            column: boolean;
            /** @description Its id. */
            id: string;
            /** @description The lab's name. */
            lab: string;
            /** @description Every task was to have a column of its own, but the platform lets us make none. */
            no_task_columns: boolean;
            /** @description What operators call the platform. */
            platform: string;
            /**
             * Format: int32
             * @description One step of it, from 1.
             */
            step?: number | null;
            /** @description One task of the lab, whose column this is. */
            task?: string | null;
            /** @description Its title there. */
            title: string;
        };
        /** @description The scores of everyone in a course. */
        Scores: {
            /** @description The course's id. */
            course: string;
            /** @description Its labs. */
            labs: components["schemas"]["ScoreLab"][];
            /** @description Learners by name. */
            learners: components["schemas"]["ScoreLearner"][];
            /** @description Where scores are sent; empty: the course is in no platform. */
            links: components["schemas"]["ScoreLink"][];
            /** @description Its title. */
            title: string;
        };
        /** @description A score on its way to a course platform. */
        SentScore: {
            /** @description The beginning of what the platform answered, as text. */
            answer: string;
            /** @description Its id. */
            id: string;
            /** @description The link's id. */
            link: string;
            /**
             * Format: int64
             * @description When it is tried next.
             */
            next_at: number;
            /**
             * Format: double
             * @description Of so many.
             */
            points: number;
            /**
             * Format: int64
             * @description When it was reached, or asked for again.
             */
            reached_at: number;
            /**
             * Format: int32
             * @description How often the platform refused it while it took others.
             */
            refusals: number;
            /** @description The platform's last answer in a word, `taken`, `no_answer`, …; empty: it was not asked. */
            said: string;
            /**
             * Format: double
             * @description Points.
             */
            score: number;
            /**
             * Format: int64
             * @description When the platform took it.
             */
            sent_at?: number | null;
            /** @description How far it is. */
            state: components["schemas"]["SentState"];
            /**
             * Format: int32
             * @description HTTP status of the platform's last answer.
             */
            status?: number | null;
            /** @description Who the learner is to the platform. */
            subject: string;
            /**
             * Format: int64
             * @description When it was last tried.
             */
            tried_at?: number | null;
            /**
             * Format: int32
             * @description How often it was tried.
             */
            tries: number;
        };
        /**
         * @description How far a score is on its way.
         * @enum {string}
         */
        SentState: "waiting" | "sent" | "superseded" | "failed";
        /** @description What the server sends on `…/events`. */
        ServerEvent: {
            /** @description The session. */
            session: components["schemas"]["SessionView"];
            /** @enum {string} */
            type: "session";
        } | {
            /**
             * Format: int32
             * @description Minutes.
             */
            minutes: number;
            /** @enum {string} */
            type: "warning";
        } | {
            /** @enum {string} */
            type: "reload";
        } | {
            /** @description Hand, answers, looks. */
            help: components["schemas"]["HelpState"];
            /** @enum {string} */
            type: "help";
        };
        /**
         * @description How far a session is.
         * @enum {string}
         */
        SessionState: "queued" | "starting" | "ready" | "ending" | "asleep" | "ended" | "failed";
        /** @description A session. */
        SessionView: {
            /** @description Tabs in order. */
            apps: components["schemas"]["AppView"][];
            /** @description The course's id. */
            course: string;
            /**
             * Format: int64
             * @description When it ends by itself; none before it is ready.
             */
            ends_at?: number | null;
            /** @description Its id. */
            id: string;
            /** @description Folders of every node that are saved when the session ends; what lies elsewhere is lost. */
            keep: string[];
            /** @description The lab's name. */
            lab: string;
            /** @description Networks that a visible node is on, in order. */
            networks: components["schemas"]["NetworkView"][];
            /** @description Nodes that the learner may see, in order. */
            nodes: components["schemas"]["NodeView"][];
            /**
             * Format: int64
             * @description The server's clock, to compare `ends_at` with.
             */
            now: number;
            /**
             * Format: double
             * @description Points to be had.
             */
            points: number;
            problem?: components["schemas"]["ProblemView"] | null;
            queue?: components["schemas"]["QueueView"] | null;
            rule?: components["schemas"]["LabRule"] | null;
            /**
             * Format: int64
             * @description When the learner's files were last saved.
             */
            saved_at?: number | null;
            /**
             * Format: double
             * @description Points so far.
             */
            score: number;
            /** @description The stages of the start, always all five, in order. */
            stages: components["schemas"]["StageView"][];
            /** @description How far it is. */
            state: components["schemas"]["SessionState"];
            /** @description Steps in order. */
            steps: components["schemas"]["StepSummary"][];
            /** @description Open terminals, the first of each terminal tab first. */
            terminals: components["schemas"]["Terminal"][];
            /** @description The lab's title in the language of the request. */
            title: string;
            /**
             * @description What differs from what the author meant, such as a network delay that this machine
             *     cannot do. Empty as a rule.
             */
            warnings: string[];
        };
        /** @description How a network slows down what it brings to a node. */
        ShapingView: {
            /**
             * Format: double
             * @description Milliseconds added to every packet.
             */
            delay_ms: number;
            /**
             * Format: double
             * @description Milliseconds by which the delay varies.
             */
            jitter_ms: number;
            /**
             * Format: double
             * @description Share of packets lost, 0 to 1.
             */
            loss: number;
            /**
             * Format: double
             * @description Kilobits per second; 0 is unlimited.
             */
            rate_kbps: number;
        };
        /** @description A signed-in person and the token that proves it. */
        SignedIn: {
            /** @description Who it is. */
            account: components["schemas"]["Account"];
            /** @description Bearer token: `Authorization: Bearer …`, or the first message of a WebSocket. */
            token: string;
        };
        /** @description Signs a person in. */
        SignIn: {
            /** @description The sign-in name. */
            name: string;
            /** @description The password. */
            password: string;
        };
        /** @description How people sign in here, beside name and password. */
        SignInWays: {
            /** @description An OpenID Connect provider's name for the button of `/sign-in/oidc`. */
            provider?: string | null;
        };
        /**
         * @description The stages of a start, in order.
         * @enum {string}
         */
        StageName: "place" | "networks" | "nodes" | "services" | "tabs";
        /**
         * @description How far a stage is.
         * @enum {string}
         */
        StageState: "todo" | "doing" | "done" | "slow" | "failed";
        /** @description A stage of the start. */
        StageView: {
            /**
             * Format: int64
             * @description Median of recent starts of this lab, in milliseconds; none before the first.
             */
            expected_ms?: number | null;
            /** @description Why it is slow or failed. */
            note?: string | null;
            /** @description Which. */
            stage: components["schemas"]["StageName"];
            /** @description How far it is. */
            state: components["schemas"]["StageState"];
            /**
             * Format: int64
             * @description How long it took, in milliseconds, once it is over.
             */
            took_ms?: number | null;
        };
        /** @description Starts a lab, or finds the session of it that lives. */
        StartSession: {
            /** @description The course's id. */
            course: string;
            /** @description The lab's name. */
            lab: string;
        };
        /**
         * @description How far the learner is with a step.
         * @enum {string}
         */
        StepState: "todo" | "part" | "done";
        /** @description A step in the list of steps. */
        StepSummary: {
            /**
             * Format: int32
             * @description Its number, from 1.
             */
            n: number;
            /**
             * Format: double
             * @description Points to be had.
             */
            points: number;
            /**
             * Format: double
             * @description Points so far.
             */
            score: number;
            /** @description How far the learner is. */
            state: components["schemas"]["StepState"];
            /** @description Its title. */
            title: string;
        };
        /** @description A page of instructions. */
        StepView: {
            /**
             * @description Sanitised HTML without that title. `<div data-task="id"></div>` stands where a task goes;
             *     `<pre data-run="node"><code>` is a block that can be run on that node.
             */
            html: string;
            /**
             * @description Language of the page that was found (`fr`), which may not be the one asked for; empty
             *     when the author did not say.
             */
            language: string;
            /**
             * Format: int32
             * @description Its number, from 1.
             */
            n: number;
            /** @description Its tasks in order. */
            tasks: components["schemas"]["TaskView"][];
            /** @description Its title. */
            title: string;
        };
        /**
         * @description Why somebody is perhaps stuck.
         * @enum {string}
         */
        StuckReason: "tries" | "quiet" | "time";
        /** @description A value of SQLite that is not NULL. */
        TabCell: {
            /** @description A whole number, in decimal digits. */
            integer: string;
        } | {
            /** @description A number with a fraction. */
            real: string;
        } | {
            /** @description Text. */
            text: string;
        } | {
            /** @description Bytes, in hexadecimal. */
            blob: string;
        };
        /** @description What decides a task in the tab. */
        TabCheck: {
            /** @enum {string} */
            by: "script";
            /** @description The node. */
            node: string;
            /** @description Its text. */
            script: string;
            /**
             * Format: int64
             * @description It is broken when it takes longer.
             */
            timeout_ms: number;
            /** @description Who runs it. */
            user: string;
        } | {
            /** @enum {string} */
            by: "digest";
            /** @description The digest. */
            digest: string;
            /** @description What of the answer is digested. */
            of: components["schemas"]["TabDigest"];
            /**
             * Format: int32
             * @description Its rounds.
             */
            rounds: number;
            /** @description Its salt. */
            salt: string;
        } | {
            /** @enum {string} */
            by: "near";
            /**
             * Format: double
             * @description How far the answer may be off.
             */
            tolerance: number;
            /**
             * Format: double
             * @description The number.
             */
            value: number;
        } | {
            /** @enum {string} */
            by: "rows";
            /**
             * Format: int32
             * @description How many columns.
             */
            columns: number;
            /** @description The file below `assets/` that it is asked of. */
            database: string;
            /** @description Their order counts. */
            ordered: boolean;
            /** @description The rows; a cell is null for NULL. */
            rows: (components["schemas"]["TabCell"] | null)[][];
        } | {
            /** @enum {string} */
            by: "broken";
        };
        /**
         * @description What of an answer is digested.
         * @enum {string}
         */
        TabDigest: "exact" | "text" | "choice" | "whole";
        /** @description Whose folder a page without server stands in: `lab/home.json` of a folder that a server offers, and of no other. */
        TabHome: {
            /** @description The course's id. */
            course: string;
            /** @description The lab's name. */
            lab: string;
            /**
             * Format: int32
             * @description Version of this format; 1.
             */
            labwright: number;
            /** @description Its title, in the language of the request. */
            title: string;
        };
        /** @description All that a page needs of a lab, with nobody to ask. */
        TabLab: {
            /** @description Environment of every check: the parameters that this folder was drawn for. */
            env: {
                [key: string]: string;
            };
            /** @description The lab's name. */
            lab: string;
            /**
             * Format: int32
             * @description Version of this format; 1.
             */
            labwright: number;
            /** @description The lab as its learner sees it, by language. */
            languages: {
                [key: string]: components["schemas"]["TabPages"];
            };
            /** @description Digest of the image of the machine in `machine/`; none where the lab needs none. */
            machine?: string | null;
            /** @description What the tabs of the kind `page` show, by the file that they name. */
            pages: {
                [key: string]: components["schemas"]["TabSite"];
            };
            /** @description How each task is judged, by its id. */
            tasks: {
                [key: string]: components["schemas"]["TabTask"];
            };
        };
        /** @description A lab in one language. Nothing is done yet: the page puts the learner's progress in. */
        TabPages: {
            /** @description All hints of each task, by its id. */
            hints: {
                [key: string]: string[];
            };
            /** @description The session. */
            session: components["schemas"]["SessionView"];
            /** @description The pages of instructions, in order. Addresses of files are relative to the page's own. */
            steps: components["schemas"]["StepView"][];
        };
        /** @description A page of the author's, with the files beside it. */
        TabSite: {
            /** @description All files in that folder and below it. */
            files: string[];
            /** @description The file to open, in that folder. */
            first: string;
            /** @description The folder that it lies in, below `assets/`; empty is that folder itself. */
            folder: string;
        };
        /** @description How a task is judged in the tab. */
        TabTask: {
            /** @description What decides. */
            check: components["schemas"]["TabCheck"];
            /** @description Each choice in every language, the author's own first; where the task has choices. */
            choices: string[][];
        };
        /** @description Takes a hand. */
        TakeHand: {
            /** @description Although another teacher has it. */
            over?: boolean;
        };
        /** @description What became of an attempt. */
        TakenAttempt: {
            /** @description Its id. */
            id: string;
            /** @description Why it is not kept, or not now, in the language of the request. */
            message?: string | null;
            /** @description Whether it is kept. */
            outcome: components["schemas"]["HandInOutcome"];
            /** @description Only the learner's browser says so: the server could not judge it again. */
            self_reported: boolean;
            verdict?: components["schemas"]["AttemptVerdict"] | null;
        };
        /**
         * @description What a task asks for.
         * @enum {string}
         */
        TaskKind: "check" | "text" | "number" | "choice" | "sql";
        /**
         * @description How far a task is.
         * @enum {string}
         */
        TaskState: "untried" | "done" | "part" | "not_yet" | "broken";
        /** @description A task with the learner's progress. */
        TaskView: {
            /**
             * Format: int32
             * @description How often it was checked; broken checks are not counted.
             */
            attempts: number;
            /** @description What can be picked; empty unless `kind` is `choice`. */
            choices: string[];
            /** @description The file whose `sql` tab the query is written in; only where `kind` is `sql`. */
            database?: string | null;
            /** @description Lines of the last check. */
            feedback: string[];
            /** @description Hints revealed so far. */
            hints: string[];
            /**
             * Format: int32
             * @description Hints still to be had.
             */
            hints_left: number;
            /** @description Its id. */
            id: string;
            /** @description What it asks for. */
            kind: components["schemas"]["TaskKind"];
            /** @description Its points were reached after the due date. */
            late: boolean;
            /** @description The node where the check runs, if the learner may see it. */
            on?: string | null;
            /**
             * Format: double
             * @description What it is worth.
             */
            points: number;
            /**
             * Format: double
             * @description The points of the try that counts: the best one, unless the lab's rule says otherwise.
             */
            score: number;
            /** @description Its points rest on what the learner's own browser said; a check here settles it. */
            self_reported: boolean;
            /** @description How far it is. */
            state: components["schemas"]["TaskState"];
            /** @description Its title. */
            title: string;
            /**
             * Format: int32
             * @description How often it can still be checked, where that is bounded.
             */
            tries_left?: number | null;
        };
        /** @description An open terminal. */
        Terminal: {
            /** @description Its id, unique in the session. */
            id: string;
            /** @description Its node. */
            node: string;
            /** @description Its label. */
            title: string;
        };
        /** @description Text messages of the page on `…/terminals/{id}`; binary messages are input bytes. */
        TerminalClient: {
            /**
             * Format: int32
             * @description Columns.
             */
            cols: number;
            /**
             * Format: int32
             * @description Rows.
             */
            rows: number;
            /** @enum {string} */
            type: "resize";
        } | {
            /**
             * Format: int64
             * @description Offset after the last byte drawn.
             */
            offset: number;
            /** @enum {string} */
            type: "ack";
        };
        /** @description First message of the page on `…/terminals/{id}`, within 10 s. */
        TerminalHello: {
            /**
             * Format: int32
             * @description Columns.
             */
            cols: number;
            /**
             * Format: int32
             * @description Rows.
             */
            rows: number;
            /**
             * Format: int64
             * @description Offset of the first output byte wanted; absent is all that is kept.
             */
            since?: number | null;
            /** @description The bearer token. */
            token: string;
        };
        /** @description Text messages of the server on `…/terminals/{id}`; binary messages are output bytes. */
        TerminalServer: {
            /**
             * Format: int64
             * @description Offset after the last byte so far.
             */
            end: number;
            /** @description Bytes before `offset` that were asked for are gone. */
            lost: boolean;
            /**
             * Format: int64
             * @description Offset of the first byte that follows.
             */
            offset: number;
            /** @enum {string} */
            type: "attached";
        } | {
            /**
             * Format: int32
             * @description Its exit status; 128 + n for signal n.
             */
            status: number;
            /** @enum {string} */
            type: "exit";
        };
        /**
         * @description Which of several tries counts.
         * @enum {string}
         */
        WhichTry: "best" | "last" | "first";
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    courses: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Course"][];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    answerTask: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerTask"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Answered"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    classList: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RosterFile"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Roster"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    undoClassList: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RosterUndone"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    answerHand: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
                hand: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerHand"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Answered"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    closeHand: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course: string;
                hand: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    takeHand: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course: string;
                hand: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TakeHand"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    helpQueue: {
        parameters: {
            query: {
                after: number;
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HelpQueue"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    makeInvitation: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MakeInvitation"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewInvitation"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    revokeInvitation: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course: string;
                invitation: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    board: {
        parameters: {
            query: {
                after: number;
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
                lab: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Board"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    giveTime: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course: string;
                lab: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MoreTime"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    kept: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
                lab: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeptFiles"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    putKept: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
                lab: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeptFiles"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    keptOf: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course: string;
                lab: string;
                node: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    carried: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
                lab: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HandedIn"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    handIn: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
                lab: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HandIn"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HandedIn"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    setRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course: string;
                lab: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LabRule"];
            };
        };
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    unsetRule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course: string;
                lab: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    askToLook: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AskToLook"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LookView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    people: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CoursePeople"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    progress: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Progress"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    refreshRoster: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RosterView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    scores: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Scores"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    compareScores: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Comparison"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    scoreHistory: {
        parameters: {
            query: {
                lang?: string;
                learner: string;
            };
            header?: never;
            path: {
                course: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SentScore"][];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    resendScores: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                course: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Resend"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Resent"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    invitation: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Invitation"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    join: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                code: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Join"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    lineDown: {
        parameters: {
            query: {
                n: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    lineUp: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    lineHeld: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    lineSocket: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    look: {
        parameters: {
            query: {
                after: number;
                lang?: string;
            };
            header?: never;
            path: {
                look: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LookView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    changeLook: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                look: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeLook"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LookView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    openLookChannel: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                look: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Channel"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    lookChannelNews: {
        parameters: {
            query: {
                after: number;
            };
            header?: never;
            path: {
                channel: string;
                look: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    lookChannelTake: {
        parameters: {
            query: {
                seq: number;
            };
            header?: never;
            path: {
                channel: string;
                look: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    closeLookChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                channel: string;
                look: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    lookDisplay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                app: string;
                look: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    lookTerminal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                look: string;
                terminal: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    pickChoices: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LaunchCode"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PickChoices"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    redeemLaunch: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LaunchCode"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Launched"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    pick: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PickLink"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Picked"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    me: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    myData: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    erasure: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    askErasure: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Erasure"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    undoErasure: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    platforms: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Platforms"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    addPlatform: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPlatform"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Platform"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    changePlatform: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                platform: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPlatform"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Platform"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    removePlatform: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                platform: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    addDeployment: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                platform: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewDeployment"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Platform"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    testPlatform: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                platform: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PlatformTest"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    registrationLink: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistrationLink"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    operatorPrivacy: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OperatorPrivacy"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    operatorSessions: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OperatorSession"][];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    operatorStop: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    privacy: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PrivacyNotice"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    startSession: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StartSession"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    session: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    openApp: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                app: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AppTicket"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    asset: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    attempts: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordedAttempt"][];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    capture: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                source: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    openChannel: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Channel"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    channelNews: {
        parameters: {
            query: {
                after: number;
            };
            header?: never;
            path: {
                channel: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    channelTake: {
        parameters: {
            query: {
                seq: number;
            };
            header?: never;
            path: {
                channel: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    closeChannel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                channel: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    display: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                app: string;
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    end: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    events: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    extend: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    raiseHand: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RaiseHand"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HelpState"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    lowerHand: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HelpState"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    sayMore: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["HelpWords"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HelpState"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    help: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HelpState"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    lookLog: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LookLine"][];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    answerLook: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
                look: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AnswerLook"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HelpState"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    reset: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reset"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    step: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
                n: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["StepView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    check: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
                task: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Check"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CheckReply"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    hint: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
                task: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TaskView"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    openTerminal: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenTerminal"];
            };
        };
        responses: {
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Terminal"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    terminal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                terminal: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            101: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    closeTerminal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
                terminal: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SignIn"];
            };
        };
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignedIn"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    signInWays: {
        parameters: {
            query?: {
                lang?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInWays"];
                };
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    bundle: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                file: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    healthz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    framedPage: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                path: string;
                registration: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    ltiKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    ltiLaunch: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    ltiLogin: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    ltiLoginForm: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    ltiRegister: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                code: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    metrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    readyz: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    oidc: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    oidcBack: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    tabBare: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course: string;
                lab: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            308: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    tab: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course: string;
                lab: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
    tabFile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                course: string;
                lab: string;
                path: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ErrorReply"];
                };
            };
        };
    };
}
