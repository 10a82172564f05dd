"""The built-in web client as files: what `npm run build` left in `dist`."""
