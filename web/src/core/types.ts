/// Short names for the API's types. The types themselves are generated; this file adds none of its own.

import type { components } from "./api.gen";

type Schemas = components["schemas"];

export type Account = Schemas["Account"];
export type Role = Schemas["Role"];
export type SignedIn = Schemas["SignedIn"];
export type Invitation = Schemas["Invitation"];
export type Launched = Schemas["Launched"];
export type PickChoices = Schemas["PickChoices"];
export type PickLab = Schemas["PickLab"];
export type Picked = Schemas["Picked"];
export type Join = Schemas["Join"];
export type NewInvitation = Schemas["NewInvitation"];
export type Course = Schemas["Course"];
export type CourseLab = Schemas["CourseLab"];
export type SessionView = Schemas["SessionView"];
export type SessionState = Schemas["SessionState"];
export type StageView = Schemas["StageView"];
export type StageName = Schemas["StageName"];
export type AppTicket = Schemas["AppTicket"];
export type AppView = Schemas["AppView"];
export type ProgramView = Schemas["ProgramView"];
export type NodeView = Schemas["NodeView"];
export type NetworkView = Schemas["NetworkView"];
export type StepSummary = Schemas["StepSummary"];
export type StepView = Schemas["StepView"];
export type Terminal = Schemas["Terminal"];
export type TaskView = Schemas["TaskView"];
export type TaskState = Schemas["TaskState"];
export type CheckReply = Schemas["CheckReply"];
export type Board = Schemas["Board"];
export type BoardLearner = Schemas["BoardLearner"];
export type BoardTask = Schemas["BoardTask"];
export type BoardStuck = Schemas["BoardStuck"];
export type Presence = Schemas["Presence"];
export type Progress = Schemas["Progress"];
export type ProgressTask = Schemas["ProgressTask"];
export type LearnerProgress = Schemas["LearnerProgress"];
export type Scores = Schemas["Scores"];
export type ScoreLearner = Schemas["ScoreLearner"];
export type SentScore = Schemas["SentScore"];
export type Comparison = Schemas["Comparison"];
export type Difference = Schemas["Difference"];
export type Resent = Schemas["Resent"];
export type OperatorSession = Schemas["OperatorSession"];
export type ServerEvent = Schemas["ServerEvent"];
