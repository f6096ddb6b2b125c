// kgscaffold:id=app/main
"use strict";

/** The application: orders, and the KryptoGO callback. */

/** @import { Express, NextFunction, Request, Response } from "express" */

const express = require("express");

const { payments } = require("./kryptogo");
const { shop } = require("./shop");

/**
 * The application. Nothing is checked or started here: see server.js.
 *
 * @returns {Express}
 */
function createApp() {
  const app = express();
  app.use(payments);
  app.use(shop);
  app.use(tellError);
  return app;
}

/**
 * An error as JSON; one that is not the client's is logged.
 *
 * @param {unknown} error
 * @param {Request} _request
 * @param {Response} response
 * @param {NextFunction} next
 */
function tellError(error, _request, response, next) {
  if (response.headersSent) {
    next(error);
    return;
  }
  const status = statusOf(error);
  if (status >= 500) console.error(error);
  const told = status < 500 && error instanceof Error ? error.message : "";
  response.status(status).json({ error: told || "internal server error" });
}

/**
 * What express.json and others say of an error, or 500.
 *
 * @param {unknown} error
 * @returns {number}
 */
function statusOf(error) {
  const isHttp = error instanceof Error && "status" in error;
  return isHttp && typeof error.status === "number" ? error.status : 500;
}

module.exports = { createApp };
