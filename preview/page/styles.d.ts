// Vite makes style sheets of these.
declare module "*.css" {}
