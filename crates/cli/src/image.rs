//! Building a lab's image for a command: plan, build with progress, failures with hints.

use std::path::Path;

use labwright_image::{Architecture, ImageError, Inputs, LabImage, Plan, Store, build, plan};
use labwright_model::Lab;

use crate::context::Context;
use crate::failure::{Failure, Outcome};
use crate::progress::BuildProgress;

/// The image store of this installation.
pub fn store(context: &Context) -> Store {
    Store::new(&context.state)
}

/// Reads what of the folder goes into layers, and plans.
pub fn plan_lab(lab: &Lab, folder: &Path) -> Outcome<(Inputs, Plan)> {
    let inputs = Inputs::read(lab, folder).map_err(explain)?;
    let plan = plan(lab, &inputs).map_err(explain)?;
    Ok((inputs, plan))
}

/// As [`plan_lab`], with the whole machine that a browser's tab emulates.
pub fn plan_machine(lab: &Lab, folder: &Path) -> Outcome<(Inputs, Plan)> {
    let inputs = Inputs::read(lab, folder).map_err(explain)?;
    let plan = labwright_image::plan_machine(lab, &inputs, Architecture::I386).map_err(explain)?;
    Ok((inputs, plan))
}

/// Builds what is missing of the lab's image. `verbose` also names what is taken from the store.
pub fn build_lab(lab: &Lab, folder: &Path, context: &Context, verbose: bool) -> Outcome<LabImage> {
    let (inputs, plan) = plan_lab(lab, folder)?;
    build_plan(lab, &inputs, &plan, context, verbose)
}

/// Builds what is missing of a plan.
pub fn build_plan(
    lab: &Lab,
    inputs: &Inputs,
    plan: &Plan,
    context: &Context,
    verbose: bool,
) -> Outcome<LabImage> {
    let mut progress = BuildProgress::new(verbose);
    build(lab, inputs, plan, &store(context), &mut progress).map_err(explain)
}

/// A failure with the hint that the error knows.
pub fn explain(error: ImageError) -> Failure {
    let hint = error.hint();
    let failure = Failure::from(error);
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
