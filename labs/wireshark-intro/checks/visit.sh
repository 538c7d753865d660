# Runs on the web server, which the learner cannot reach but by asking for pages.
if ! [ -s /run/visits/seen ]; then
    echo "Nobody has asked for that page yet. / Personne n’a encore demandé cette page."
    exit 1
fi
