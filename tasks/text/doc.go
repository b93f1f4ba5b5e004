// Package text turns documents into text: PDF, Word (DOCX), PowerPoint (PPTX), Excel (XLSX), OpenDocument (ODT, ODS, ODP),
// RTF, EPUB, HTML, Markdown, CSV, JSON and plain text in any common charset.
//
// [Extract] is the one way in. It takes the bytes of a document and its name, finds the format from the bytes (the
// name only breaks ties), and returns a [Document]: pages of text, metadata and warnings that account for whatever
// was left out. [Split] cuts a document into chunks that fit a model's context.
//
// Documents come from strangers. Everything that a document can make large has a named limit ([Limits]), a broken
// document is an [*Error] with a [Code], and no input makes Extract panic or run past its time.
//
// # Office formats
//
// A slide, a sheet and an item of a book's spine are a page each; a text document is one page. The text is what a reader
// sees: cells as their number formats show them, list items with their marks, slides in reading order with the speaker's
// notes. Comments, and the headers and footers of pages, are there with Options.Full only, else in a warning. Tracked
// deletions, hidden text, and what only a layout or master shows are left out; hidden slides, sheets and rows are there,
// with a warning. The texts of charts, diagrams and equations are read; pictures and objects without text are counted in
// a warning, embedded documents are attachments. The readers are built on the standard library's ZIP and XML, since no
// library tried was both as complete and safe on bombs.
//
// # Messages and archives
//
// A message (EML, MHTML, mailbox files, Outlook's MSG) is a page with the fields that a reader sees and the body; an
// archive (ZIP, TAR, GZIP) has no page of its own. What they carry is read as documents of their own, in
// Document.Attachments, at any depth up to Limits.Nesting; what cannot be read has its error there. Document.Flat makes one
// list of pages of all. Encrypted parts, pictures inside the text and Outlook's winmail.dat are warnings.
//
// # Charsets
//
// The charset is found by a byte order mark, the escape sequences of ISO-2022, validity as UTF-8 and the places of NUL; then
// what an HTML page, an XML document or a mail part declares is believed, unless the bytes contradict it; at last it is the
// charset in which the text reads most like one of 30 languages. TestCharsetMatrix says how often that is right.
//
// # PDF
//
// PDF pages are read by PDFium, compiled to WebAssembly and run by wazero: no cgo, nothing to install. Compiled
// WebAssembly cannot be interrupted, and while it runs the Go garbage collector waits for it, so a timer in the same
// process is no watchdog. There are two ways round that, and both are here:
//
//   - A program whose main function calls [ServeWorker] first lends its executable as a worker: PDFs are then read in
//     child processes that can be ended at any moment, at PDFium's full speed and without the parent's environment
//     (credentials among it).
//   - In any other program the WebAssembly is compiled with a check in every loop. That can be interrupted too, and
//     costs about two thirds of the speed.
//
// Compiling PDFium takes three to four seconds of CPU time; Options.CacheDir keeps the result, so that only the
// first start pays for it.
package text
