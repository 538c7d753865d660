SELECT staff.name, boss.name FROM staff LEFT JOIN staff AS boss ON boss.id = staff.boss_id
