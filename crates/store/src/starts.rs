//! How long past starts took: what a learner is told to expect.

use std::collections::BTreeMap;

use labwright_model::{LabName, Stage};
use sqlx::Row as _;

use crate::error::at;
use crate::{SessionRecord, Store, StoreError, UnixMs};

/// Past starts that an expected time is the median of.
const PAST_STARTS: i64 = 15;

impl Store {
    /// Remembers how long the stages of a start took; repeating it changes nothing.
    pub async fn add_stage_times(
        &self,
        session: &SessionRecord,
        took_ms: &[(Stage, u64)],
        now: UnixMs,
    ) -> Result<(), StoreError> {
        const ACTION: &str = "storing the times of a start";
        let mut tx = self.begin(ACTION).await?;
        for (stage, took_ms) in took_ms {
            sqlx::query(
                "INSERT INTO stage_times (session, boot, lab, stage, took_ms, at_ms) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            )
            .bind(session.id.as_str())
            .bind(session.boots)
            .bind(session.lab.as_str())
            .bind(stage_name(*stage))
            .bind(i64::try_from(*took_ms).unwrap_or(i64::MAX))
            .bind(now)
            .execute(&mut *tx)
            .await
            .map_err(at(ACTION))?;
        }
        tx.commit().await.map_err(at(ACTION))
    }

    /// Median milliseconds of each stage in the lab's recent starts.
    pub async fn expected_ms(&self, lab: &LabName) -> Result<BTreeMap<Stage, u64>, StoreError> {
        const ACTION: &str = "reading the times of past starts";
        let rows = sqlx::query(
            "SELECT stage, took_ms FROM stage_times WHERE lab = $1 ORDER BY at_ms DESC LIMIT $2",
        )
        .bind(lab.as_str())
        .bind(PAST_STARTS * STAGES.len() as i64)
        .fetch_all(&self.reader)
        .await
        .map_err(at(ACTION))?;
        let mut times: BTreeMap<Stage, Vec<u64>> = BTreeMap::new();
        for row in &rows {
            let name: String = row.try_get("stage").map_err(at(ACTION))?;
            let took_ms: i64 = row.try_get("took_ms").map_err(at(ACTION))?;
            // A stage of another version says nothing about this one's.
            if let Some(stage) = STAGES.into_iter().find(|stage| stage_name(*stage) == name) {
                let took_ms = u64::try_from(took_ms).unwrap_or_default();
                times.entry(stage).or_default().push(took_ms);
            }
        }
        Ok(times
            .into_iter()
            .filter_map(|(stage, mut times)| {
                times.sort_unstable();
                Some((stage, times.get(times.len() / 2).copied()?))
            })
            .collect())
    }
}

const STAGES: [Stage; 5] = [
    Stage::Place,
    Stage::Networks,
    Stage::Nodes,
    Stage::Services,
    Stage::Tabs,
];

fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Place => "place",
        Stage::Networks => "networks",
        Stage::Nodes => "nodes",
        Stage::Services => "services",
        Stage::Tabs => "tabs",
    }
}
