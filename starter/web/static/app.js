// The little that pages do beyond HTML. Everything works without it.
"use strict";
