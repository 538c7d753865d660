#!/usr/bin/env python3
"""Plays a person's browser at the peer, up to the tool's page. Prints one JSON object.

    drive.py PEER launch USER BLOCK       opens a block: where the tool sends the browser, and what it says on the way
    drive.py PEER deeplink USER BLOCK     the same for "Select content"
    drive.py PEER return USER URL JWT     hands a picked link over
"""
import html, json, re, sys, requests


def form(page):
    action = html.unescape(re.search(r'action=["\']([^"\']+)', page).group(1))
    inputs = re.findall(r'<input[^>]*name=["\']?(\w+)["\']?[^>]*value=["\']([^"\']*)["\']', page)
    return action, {html.unescape(name): html.unescape(value) for name, value in inputs}


def follow(session, url):
    """Redirects and self-submitting forms, until the tool has its token and says where the page is."""
    answer = session.get(url, allow_redirects=False)
    for _ in range(8):
        where = answer.headers.get("Location", "")
        if "#code=" in where:
            return {"location": where}
        if answer.is_redirect:
            answer = session.get(requests.compat.urljoin(answer.url, where), allow_redirects=False)
        elif answer.ok and "<form" in answer.text:
            action, values = form(answer.text)
            # As a browser says it, from the platform's page.
            origin = "/".join(answer.url.split("/")[:3])
            answer = session.post(action, data=values, headers={"Origin": origin}, allow_redirects=False)
        else:
            break
    return {"status": answer.status_code, "text": answer.text[:2000]}


def main():
    peer, what, user, *rest = sys.argv[1:]
    session = requests.Session()
    session.get(f"{peer}/peer/login", params={"user": user}).raise_for_status()
    if what == "return":
        url, jwt = rest
        answer = session.post(url, data={"JWT": jwt})
        print(json.dumps({"status": answer.status_code, "text": answer.text[:2000]}))
        return
    path = {"launch": "start", "deeplink": "deeplink"}[what]
    print(json.dumps(follow(session, f"{peer}/peer/{path}/{rest[0]}")))


main()
