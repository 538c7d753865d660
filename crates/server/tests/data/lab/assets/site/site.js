document.title = "Ran";
