#!/usr/bin/env node
// Writes the made part of docs/frameworks.md from the tables of the code. Run through: npm run docs:frameworks
import { readFileSync, writeFileSync } from "node:fs";
import { frameworksPage, generatedBelow } from "@rootward/pipeline/testing/frameworks-page";

const file = new URL("../docs/frameworks.md", import.meta.url);
const [introduction] = readFileSync(file, "utf8").split(generatedBelow);
writeFileSync(file, `${introduction}${generatedBelow}\n${frameworksPage()}`);
